//! A thread that owns one connection and does what it is sent, one after the other.

use std::thread;

use tokio::sync::{mpsc, oneshot};

use crate::database::Database;

/// Jobs that may wait before senders wait too.
const QUEUE: usize = 256;

type Job = Box<dyn FnOnce(&Database) + Send>;

/// Sends jobs to the thread. The thread ends when this is dropped or [`close`](Self::close)d.
pub(crate) struct Worker {
    jobs: mpsc::Sender<Task>,
}

enum Task {
    Run(Job),
    Close { checkpoint: bool, done: oneshot::Sender<rusqlite::Result<()>> },
}

/// The thread has ended: the storage was closed.
#[derive(Debug)]
pub(crate) struct Ended;

impl Worker {
    /// Starts the thread `name`.
    pub(crate) fn start(name: &str, database: Database) -> std::io::Result<Self> {
        let (jobs, mut queue) = mpsc::channel(QUEUE);
        thread::Builder::new().name(name.to_owned()).spawn(move || {
            while let Some(task) = queue.blocking_recv() {
                match task {
                    Task::Run(job) => job(&database),
                    Task::Close { checkpoint, done } => {
                        let checked = if checkpoint { database.checkpoint() } else { Ok(()) };
                        // Nobody listens where the caller ran out of time.
                        let _ = done.send(checked.and(database.close()));
                        return;
                    }
                }
            }
        })?;
        Ok(Self { jobs })
    }

    /// Has `work` done and waits for its result. A caller that is dropped while it waits does not undo what was sent.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Database) -> T + Send + 'static,
    ) -> Result<T, Ended> {
        let (sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move |database| {
            let _ = sender.send(work(database));
        });
        self.jobs.send(Task::Run(job)).await.map_err(|_| Ended)?;
        receiver.await.map_err(|_| Ended)
    }

    /// Does what was sent before, then closes the connection and ends the thread.
    pub(crate) async fn close(&self, checkpoint: bool) -> Result<rusqlite::Result<()>, Ended> {
        let (done, closed) = oneshot::channel();
        self.jobs.send(Task::Close { checkpoint, done }).await.map_err(|_| Ended)?;
        closed.await.map_err(|_| Ended)
    }
}
