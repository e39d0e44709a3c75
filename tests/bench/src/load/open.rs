//! An open loop: requests are sent when a schedule says, however slow the answers are, and latency counts from when a
//! request was due. A client that waits for a slow answer before it asks again would hide what waiting costs.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::Connection;
use super::expected::Expected;
use crate::Outcome;
use crate::cell::Request;
use crate::pause;

/// Requests of each connection before anything counts: many connections.
const WARM_UP: usize = 2;
/// After the last request is due, answers are waited for as long as the window was, and this long at least.
const SHORTEST_GRACE: Duration = Duration::from_secs(1);

/// Connections that are open and warm, for one window.
#[derive(Debug)]
pub struct Pool(Rc<RefCell<State>>);

/// What a window brought.
#[derive(Debug)]
pub struct Window {
    /// From when each request was due to its answer, the shortest first.
    pub latencies: Vec<Duration>,
    /// How late those were sent for which a connection was free: what this program adds itself.
    pub lags: Vec<Duration>,
    /// Of the latencies, how many had no answer in the end and count as if it had come then.
    pub unanswered: usize,
}

#[derive(Debug, Default)]
struct State {
    idle: Vec<Connection>,
    /// Requests that are due and have no connection.
    waiting: VecDeque<Instant>,
    latencies: Vec<Duration>,
    lags: Vec<Duration>,
    failed: Option<String>,
}

impl Pool {
    /// Opens connections: as many requests at most are on their way at once, the others wait here.
    pub async fn connect(
        address: SocketAddr,
        connections: usize,
        request: &Request,
        expected: &Expected,
    ) -> Outcome<Self> {
        let idle = super::connect(address, connections, WARM_UP, request, expected).await?;
        Ok(Self(Rc::new(RefCell::new(State { idle, ..State::default() }))))
    }

    /// Sends the requests of a schedule and waits for their answers.
    pub async fn run(self, schedule: &[Duration]) -> Outcome<Window> {
        let mut tasks = JoinSet::new();
        let start = Instant::now() + Duration::from_millis(5);
        let length = schedule.last().copied().unwrap_or_default();
        let grace = length.max(SHORTEST_GRACE);
        for due in schedule {
            let due = start + *due;
            pause::until(due).await;
            while tasks.try_join_next().is_some() {}
            if self.0.borrow().failed.is_some() || due + grace < Instant::now() {
                break;
            }
            let mut state = self.0.borrow_mut();
            match state.idle.pop() {
                Some(connection) => {
                    state.lags.push(due.elapsed());
                    tasks.spawn_local(serve(connection, due, Rc::clone(&self.0)));
                }
                None => state.waiting.push_back(due),
            }
        }
        let deadline = start + length + grace;
        let all = async { while tasks.join_next().await.is_some() {} };
        // What is still asked then ends with `tasks`.
        let _ = timeout_at(deadline, all).await;
        let mut state = self.0.borrow_mut();
        let mut window = Window {
            latencies: std::mem::take(&mut state.latencies),
            lags: std::mem::take(&mut state.lags),
            unanswered: 0,
        };
        state.waiting.clear();
        if let Some(words) = state.failed.take() {
            return Err(words.into());
        }
        window.unanswered = schedule.len() - window.latencies.len();
        window.latencies.resize(schedule.len(), grace);
        window.latencies.sort_unstable();
        window.lags.sort_unstable();
        Ok(window)
    }
}

/// Asks for one request that is due, then for those that wait.
async fn serve(mut connection: Connection, mut due: Instant, state: Rc<RefCell<State>>) {
    loop {
        let asked = connection.ask_and_compare(|| {}).await;
        let mut state = state.borrow_mut();
        if let Err(error) = asked {
            state.failed = Some(error.to_string());
            return;
        }
        state.latencies.push(due.elapsed());
        match state.waiting.pop_front() {
            Some(next) => due = next,
            None => {
                state.idle.push(connection);
                return;
            }
        }
    }
}
