//! Random scripts of tries, held against what retry promises.

use proptest::prelude::*;
use tokio::time::Instant;

use super::{ms, number, paused, site};
use crate::error::PluginError;
use crate::guard::{Guard, Policy, Retry, call_retrying};
use crate::observe::Meter;

/// What one try does, after so many milliseconds.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Try {
    Works,
    Refuses,
    Fails,
    FailsForNow,
    Panics,
    Hangs,
}

const ALL: [Try; 6] = [Try::Works, Try::Refuses, Try::Fails, Try::FailsForNow, Try::Panics, Try::Hangs];

const TIMEOUT: u64 = 50;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_call_is_tried_again_only_while_that_may_help(
        script in proptest::collection::vec((proptest::sample::select(&ALL[..]), 0u64..40), 12),
        attempts in 1u32..10,
        backoff in 1u64..100,
    ) {
        paused(async {
            let policy = Policy::new().timeout(ms(TIMEOUT)).retry(Retry::new(number(attempts), ms(backoff)));
            let guard = Guard::new("sample", policy);
            let mut begun: Vec<Instant> = Vec::new();
            let result = call_retrying(site(&guard, &Meter::default()), || {
                let (what, after) = script[begun.len()];
                begun.push(Instant::now());
                async move {
                    tokio::time::sleep(ms(after)).await;
                    let said = PluginError::new(format!("{what:?}"));
                    match what {
                        Try::Works => Ok(()),
                        Try::Refuses => Err(said.refusal()),
                        Try::Fails => Err(said),
                        Try::FailsForNow => Err(said.retryable()),
                        Try::Panics => panic!("Panics"),
                        Try::Hangs => std::future::pending().await,
                    }
                }
            })
            .await;
            let made = begun.len();
            let (last, _) = script[made - 1];

            prop_assert!(made <= attempts as usize);
            for (nth, (what, _)) in script[..made - 1].iter().enumerate() {
                prop_assert!(matches!(what, Try::FailsForNow | Try::Hangs), "try {} was {:?}", nth, what);
            }
            for (nth, pair) in begun.windows(2).enumerate() {
                let (what, after) = script[nth];
                let took = if what == Try::Hangs { TIMEOUT } else { after };
                // tokio's timer counts in milliseconds and rounds up.
                let longest = ms(took) + ms(backoff * 2u64.pow(nth as u32)) + ms(2);
                prop_assert!(pair[1] - pair[0] <= longest, "try {} came after {:?}", nth + 1, pair[1] - pair[0]);
            }
            if matches!(last, Try::FailsForNow | Try::Hangs) {
                prop_assert_eq!(made, attempts as usize, "a further try was left");
            }
            let said = result.err().map(|error| error.to_string()).unwrap_or_default();
            match last {
                Try::Works => prop_assert_eq!(said, ""),
                Try::Hangs => prop_assert!(said.contains("did not end within"), "{}", said),
                last => prop_assert!(said.contains(&format!("{last:?}")), "{}", said),
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_wait_is_chosen_below_twice_the_one_before_and_never_above_half_a_minute(
        attempts in 2u32..100,
        backoff in 1u64..100_000,
        made in 1u32..100,
        random in any::<u64>(),
    ) {
        let retry = Retry::new(number(attempts), ms(backoff));
        let wait = retry.wait_by(made, random);
        prop_assert_eq!(wait.is_some(), made < attempts);
        if let Some(wait) = wait {
            let longest = retry.longest(made).unwrap();
            prop_assert!(wait <= longest && longest <= ms(30_000));
            prop_assert_eq!(retry.wait_by(made, 0), Some(ms(0)));
            prop_assert!(longest - retry.wait_by(made, u64::MAX).unwrap() <= ms(1));
            if made == 1 {
                prop_assert_eq!(longest, ms(backoff.min(30_000)));
            }
        }
    }
}

#[test]
fn waits_differ() {
    let retry = Retry::new(number(2), ms(1_000));
    let waits: std::collections::HashSet<_> = (0..50).map(|_| retry.wait(1)).collect();
    assert!(waits.len() > 40, "{waits:?}");
}
