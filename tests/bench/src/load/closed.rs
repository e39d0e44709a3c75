//! A closed loop: each connection sends its next request when it has its answer.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use super::expected::Expected;
use super::{Connection, LONGEST_ANSWER, Timed};
use crate::Outcome;
use crate::cell::Request;

/// Requests of each connection before anything counts.
const WARM_UP: usize = 10;

/// Connections that are open and warm.
#[derive(Debug)]
pub struct Ready(Vec<Connection>);

/// What a round brought.
#[derive(Debug)]
pub struct Loaded {
    /// How long it took.
    pub time: Duration,
    /// How long each request took, the shortest first.
    pub latencies: Vec<Duration>,
}

/// Opens connections and warms them.
pub async fn connect(
    address: SocketAddr,
    connections: usize,
    request: &Request,
    expected: &Expected,
) -> Outcome<Ready> {
    Ok(Ready(super::connect(address, connections, WARM_UP, request, expected).await?))
}

impl Ready {
    /// Sends requests for this long, and waits for the last answers.
    pub async fn run(self, time: Duration) -> Outcome<Loaded> {
        let start = Instant::now();
        let timed = self.repeat(time, async |connection| {
            let before = Instant::now();
            connection.ask_and_compare(|| {}).await?;
            Ok(before.elapsed())
        });
        let mut latencies = timed.await?;
        let time = start.elapsed();
        latencies.sort_unstable();
        Ok(Loaded { time, latencies })
    }

    /// The same, and looks at when the pieces of each answer come.
    pub async fn run_timed(self, time: Duration) -> Outcome<Vec<Timed>> {
        self.repeat(time, Connection::time).await
    }

    /// Whatever fails ends the round: what is still asked then ends as well, so that it does not disturb the next.
    async fn repeat<T: 'static>(
        self,
        time: Duration,
        ask: impl AsyncFn(&mut Connection) -> Outcome<T> + Copy + 'static,
    ) -> Outcome<Vec<T>> {
        let deadline = Instant::now() + time;
        let mut tasks = JoinSet::new();
        for mut connection in self.0 {
            tasks.spawn_local(async move {
                let mut all = Vec::new();
                while Instant::now() < deadline {
                    all.push(ask(&mut connection).await.map_err(|error| error.to_string())?);
                }
                Ok::<_, String>(all)
            });
        }
        let join = async {
            let mut all = Vec::new();
            while let Some(done) = tasks.join_next().await {
                all.extend(done??);
            }
            Ok(all)
        };
        timeout(time + LONGEST_ANSWER, join).await.map_err(|_| "an answer did not come")?
    }
}
