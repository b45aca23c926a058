//! Calls that come and go while tenures begin and end, under every interleaving of two threads and, of three or of longer ways, those that
//! switch twice against their will: `RUSTFLAGS="--cfg loom" cargo test -p plugin-core --lib models::`, a step of `cargo xtask ci`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use loom::cell::UnsafeCell;
use loom::thread;

use super::{Keeps, Tenures};
use crate::thread::Thread;

/// An instance. To let go of it writes what calls read, so loom sees a call that comes too late or stays too long.
struct Instance {
    number: u32,
    gone: UnsafeCell<bool>,
}

impl Instance {
    fn is_called(&self) -> u32 {
        self.gone.with(|gone| {
            // SAFETY: loom checks that nobody writes it meanwhile, which is what is modelled.
            assert!(!unsafe { *gone });
        });
        self.number
    }
}

struct Kept<const WAYS: usize> {
    instance: Arc<Instance>,
    let_go: Arc<AtomicU32>,
}

impl<const WAYS: usize> Keeps<Instance> for Kept<WAYS> {
    const WAYS: usize = WAYS;

    fn target(&self) -> &Arc<Instance> {
        &self.instance
    }
}

impl<const WAYS: usize> Drop for Kept<WAYS> {
    fn drop(&mut self) {
        // SAFETY: as above.
        self.instance.gone.with_mut(|gone| unsafe { *gone = true });
        self.let_go.fetch_add(1, Ordering::Relaxed);
    }
}

#[derive(Clone)]
struct Seat<const WAYS: usize = 0> {
    tenures: Arc<Tenures<Instance, Kept<WAYS>>>,
    let_go: Arc<AtomicU32>,
}

impl<const WAYS: usize> Seat<WAYS> {
    /// Taken by the instance 1.
    fn taken() -> Self {
        let seat = Self { tenures: Arc::new(Tenures::new()), let_go: Arc::default() };
        seat.put(1);
        seat
    }

    fn put(&self, number: u32) {
        let instance = Arc::new(Instance { number, gone: UnsafeCell::new(false) });
        drop(self.tenures.begin(Kept { instance, let_go: self.let_go.clone() }));
    }

    fn close(&self) {
        drop(self.tenures.end());
    }

    /// Who was called, by a thread that counts in this line.
    fn call(&self, line: usize) -> Option<u32> {
        Some(self.tenures.enter(Thread::on_line(line))?.target().is_called())
    }

    fn let_go(&self) -> u32 {
        self.let_go.load(Ordering::Relaxed)
    }
}

/// With a way to come by.
impl Seat<1> {
    /// Taken by the instance 1, which has been called once in these lines: so the next two calls pass there.
    fn called(lines: &[usize]) -> Self {
        let seat = Self::taken();
        lines.iter().for_each(|line| assert_eq!(seat.pass(*line), Some(1)));
        seat
    }

    /// Who was called by the way, where he passes: he does not when he is timed, which the first is and then each third one.
    fn pass(&self, line: usize) -> Option<u32> {
        Thread::on_line(line);
        match self.tenures.pass::<0>(BAR) {
            Ok(pass) => {
                let number = pass.target().is_called();
                pass.done();
                Some(number)
            }
            Err(turned) => {
                turned.back::<0>();
                self.call(line)
            }
        }
    }
}

/// One that calls may find on the door.
const BAR: u32 = 1;

fn model(threads: usize, model: fn()) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = (threads > 2).then_some(2);
    builder.check(model);
}

/// Of more steps than CI has time for every interleaving.
fn long(model: fn()) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(model);
}

#[test]
fn an_instance_is_let_go_once_and_after_its_last_call() {
    model(2, || {
        let seat = Seat::<0>::taken();
        let caller = seat.clone();
        let calls = thread::spawn(move || [caller.call(0), caller.call(1)]);
        seat.close();
        assert_eq!(seat.call(0), None);
        let [first, second] = calls.join().unwrap();
        assert!(second.is_none() || first == Some(1), "nobody comes back");
        assert_eq!(seat.let_go(), 1);
    });
}

#[test]
fn of_two_that_go_out_one_sees_that_all_are_out() {
    for threads in [[0, 0], [0, 1], [1, 2]] {
        static GATES: [AtomicU32; 2] = [AtomicU32::new(0), AtomicU32::new(0)];
        threads.iter().zip(&GATES).for_each(|(thread, gate)| gate.store(*thread, Ordering::Relaxed));
        model(3, || {
            let seat = Seat::<0>::taken();
            let callers = [0, 1].map(|nth: usize| {
                let caller = seat.clone();
                let gate = GATES[nth].load(Ordering::Relaxed) as usize;
                thread::spawn(move || caller.call(gate))
            });
            seat.close();
            for caller in callers {
                caller.join().unwrap();
            }
            assert_eq!(seat.let_go(), 1);
        });
    }
}

#[test]
fn a_call_that_comes_between_two_instances_has_one_of_them() {
    model(2, || {
        let seat = Seat::<0>::taken();
        let caller = seat.clone();
        let calls = thread::spawn(move || [caller.call(0), caller.call(0)]);
        seat.put(2);
        let called = calls.join().unwrap();
        // Late by one look: what was read before the move may be found shut. Who takes calls looks again then.
        assert!(called.iter().flatten().all(|number| [1, 2].contains(number)), "{called:?}");
        assert!(called != [Some(2), Some(1)], "what was replaced does not come back");
        assert_eq!((seat.let_go(), seat.call(0)), (1, Some(2)));
    });
}

#[test]
fn a_tenure_that_is_used_again_serves_the_new_instance_only() {
    model(2, || {
        let seat = Seat::<0>::taken();
        seat.close();
        let caller = seat.clone();
        let call = thread::spawn(move || caller.call(0));
        // In the tenure of the first, as that is empty; the caller may be on his way out of it.
        seat.put(2);
        seat.put(3);
        let called = call.join().unwrap();
        assert!(called.is_none_or(|number| number == 2 || number == 3), "{called:?}");
        assert_eq!((seat.let_go(), seat.call(1)), (2, Some(3)));
        seat.close();
        assert_eq!((seat.let_go(), seat.call(0)), (3, None));
    });
}

#[test]
fn who_comes_by_a_way_has_an_instance_that_is_let_go_once_and_later() {
    long(|| {
        let seat = Seat::called(&[1]);
        let caller = seat.clone();
        let calls = thread::spawn(move || [caller.pass(1), caller.pass(1)]);
        seat.close();
        assert_eq!(seat.pass(2), None);
        let [first, second] = calls.join().unwrap();
        assert!(second.is_none() || first == Some(1), "nobody comes back");
        assert_eq!(seat.let_go(), 1);
    });
}

/// That changes what is counted while others may look.
#[test]
fn who_is_timed_hides_nobody_who_is_inside() {
    long(|| {
        let seat = Seat::called(&[1, 1, 1]);
        let caller = seat.clone();
        let calls = thread::spawn(move || [caller.pass(1), caller.pass(1)]);
        seat.close();
        calls.join().unwrap();
        assert_eq!((seat.let_go(), seat.pass(2)), (1, None));
    });
}

#[test]
fn of_two_that_go_out_by_ways_of_their_own_one_sees_that_all_are_out() {
    model(3, || {
        let seat = Seat::called(&[1, 2]);
        let callers = [1, 2].map(|line| {
            let caller = seat.clone();
            thread::spawn(move || caller.pass(line))
        });
        seat.put(2);
        for caller in callers {
            let called = caller.join().unwrap();
            assert!(called.is_none_or(|number| [1, 2].contains(&number)), "{called:?}");
        }
        assert_eq!(seat.let_go(), 1);
    });
}

#[test]
fn who_finds_a_bar_on_the_door_goes_in_elsewhere() {
    long(|| {
        let seat = Seat::called(&[1]);
        let caller = seat.clone();
        let calls = thread::spawn(move || [caller.pass(1), caller.pass(1)]);
        seat.tenures.bar(BAR);
        seat.put(2);
        seat.tenures.bar(0);
        let called = calls.join().unwrap();
        assert!(called.iter().flatten().all(|number| [1, 2].contains(number)), "{called:?}");
        assert_eq!((seat.let_go(), seat.pass(2)), (1, Some(2)));
    });
}
