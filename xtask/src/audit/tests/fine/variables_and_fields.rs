//! Variables, fields, labels and lifetimes with famous names.
pub struct Settings<'env> {
    pub fs: u8,
    pub process: &'env str,
    pub net: bool,
}

pub fn sum<'env>(settings: &Settings<'env>, env: u8) -> u8 {
    let fs = settings.fs;
    let process = settings.process.len() as u8;
    'net: loop {
        if settings.net {
            break 'net;
        }
    }
    println!("{fs} {env} {}", settings.fs);
    fs + env + process
}
