//! Methods that are named as those of paths, with arguments or of the crate's own types.
pub struct Store;
impl Store {
    pub fn exists(&self) -> bool {
        true
    }
    pub fn read_dir(&self, _: &str) {}
}
pub fn look(store: &Store, map: &std::collections::BTreeMap<u8, u8>) -> bool {
    store.read_dir("a");
    store.exists() && map.contains_key(&1)
}
