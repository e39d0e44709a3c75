//! The root context: reads the configuration, and makes a context for every request or attempt.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::{Rc, Weak};

use ferro::config::Config;
use ferro::contract::{GATEWAY_ROOT, PROVIDER_ROOT, configured};
use ferro::exchange::{Attempt, Services};
use ferro::gateway::{CallAnswer, Errand, Gateway};
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType};

use crate::calls::{self, Buffer, Map};
use crate::gateway::GatewayContext;
use crate::plans::{self, Fallen};
use crate::provider::{Answer, ProviderContext};
use crate::services::Host;

/// Which position this instance is in, once it is configured.
#[derive(Default)]
pub enum Root {
    /// Neither: nothing passes.
    #[default]
    Unconfigured,
    /// The listener's filter chain. What it has asked for itself, by the numbers of the calls that are under way.
    Gateway(Rc<Gateway>, HashMap<u32, Asked>),
    /// The filter chain that attempts pass.
    Provider,
}

/// What a call is about that is under way.
pub enum Asked {
    /// Something of the gateway's own.
    Errand(Errand),
    /// An answer that came before it was done, if anybody still waits for it.
    Job(Weak<RefCell<Answer>>),
}

impl Asked {
    /// The longest answer that is read, in bytes.
    const fn longest(&self) -> usize {
        match self {
            Self::Errand(errand) => errand.longest(),
            Self::Job(_) => Attempt::LONGEST_HEARD,
        }
    }

    /// Hands over what came.
    fn take(self, gateway: &Gateway, answer: CallAnswer<'_>) {
        match self {
            Self::Errand(errand) => gateway.take(errand, answer, Host.now()),
            Self::Job(job) => {
                let heard = job.upgrade().and_then(|job| Some(job.try_borrow_mut().ok()?.hear(answer)));
                if let Some(Err(failed)) = heard {
                    log::error!("an answer could not be carried on: host status {}", failed.0);
                }
            }
        }
    }
}

impl Context for Root {
    fn on_http_call_response(&mut self, call: u32, _: usize, length: usize, _: usize) {
        let Self::Gateway(gateway, asked) = self else { return };
        let Some(asked) = asked.remove(&call) else { return };
        let status = calls::header(Map::CallResponse, ":status").ok();
        let status = status.and_then(|status| std::str::from_utf8(&status).ok()?.parse().ok());
        // One byte more than is read shows that it is too long.
        let read = length.min(asked.longest().saturating_add(1));
        let body = calls::buffer(Buffer::CallResponseBody, 0, read).unwrap_or_default();
        let answer = match status {
            Some(status) => CallAnswer { status, body: &body },
            None => CallAnswer::NOTHING,
        };
        asked.take(gateway, answer);
    }
}

impl RootContext for Root {
    fn on_configure(&mut self, size: usize) -> bool {
        let root = calls::property("plugin_root_id").unwrap_or_default();
        let text = calls::buffer(Buffer::PluginConfiguration, 0, size).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        *self = match std::str::from_utf8(&root) {
            Ok(GATEWAY_ROOT) => match gateway(&text) {
                Some(mut gateway) => {
                    if let Some(before) = crate::log::last_known() {
                        gateway.take_over(&before);
                    }
                    let gateway = Rc::new(gateway);
                    crate::log::know(&gateway);
                    if let Err(failed) = calls::set_tick(gateway.watch_interval()) {
                        log::error!("silent answers will not be noticed: host status {}", failed.0);
                    }
                    Self::Gateway(gateway, HashMap::new())
                }
                None => return false,
            },
            Ok(PROVIDER_ROOT) => Self::Provider,
            _ => {
                log::error!("unknown root_id; expected {GATEWAY_ROOT} or {PROVIDER_ROOT}");
                return false;
            }
        };
        true
    }

    fn on_tick(&mut self) {
        let Self::Gateway(gateway, asked) = self else { return };
        crate::metrics::tell();
        ferro::exchange::keep_counted(gateway, &Host);
        for word in plans::words() {
            if let Err(failed) = calls::ask(&word) {
                log::warn!("a provider could not be told that nobody waits: host status {}", failed.0);
            }
        }
        // All calls are this context's own: whoever speaks for another does so below.
        let errands = gateway.due(Host.now()).into_iter().map(|(errand, call)| (Asked::Errand(errand), call));
        let jobs = plans::unfinished(gateway).into_iter();
        let jobs = jobs.map(|(answer, call)| (Asked::Job(Rc::downgrade(&answer)), call));
        let mut unasked = Vec::new();
        for (about, call) in errands.chain(jobs) {
            match calls::ask(&call) {
                Ok(call) => drop(asked.insert(call, about)),
                Err(_) => unasked.push(about),
            }
        }
        unasked.into_iter().for_each(|about| about.take(gateway, CallAnswer::NOTHING));
        for fallen in plans::fallen_silent(gateway, gateway.watch_interval()) {
            let done = match fallen {
                Fallen::Stalled(context) => calls::speak_for(context).and_then(|()| calls::cut_response()),
                Fallen::Complete(answer) => {
                    answer.try_borrow_mut().map_or(Ok(()), |mut answer| answer.complete())
                }
            };
            if let Err(failed) = done {
                log::error!("a silent answer could not be ended: host status {}", failed.0);
            }
        }
    }

    fn create_http_context(&self, context: u32) -> Option<Box<dyn HttpContext>> {
        Some(match self {
            Self::Gateway(gateway, _) => Box::new(GatewayContext::new(context, Rc::clone(gateway))),
            Self::Provider => Box::new(ProviderContext::new(context)),
            Self::Unconfigured => Box::new(Refusing),
        })
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

fn gateway(text: &str) -> Option<Gateway> {
    let (unready, json) = configured(text);
    let value = match serde_json::from_str(json) {
        Ok(value) => value,
        Err(error) => {
            log::error!("the configuration is not JSON: {error}");
            return None;
        }
    };
    match Config::parse(&value) {
        Ok(config) => {
            let mut gateway = Gateway::build(&config, |name| std::env::var(name).ok(), Host.now().as_secs());
            gateway.unready = unready.map(str::to_owned);
            Some(gateway)
        }
        Err(errors) => {
            for error in errors.iter() {
                log::error!("configuration: {error}");
            }
            if errors.more() > 0 {
                log::error!("configuration: and {} more mistakes", errors.more());
            }
            None
        }
    }
}

/// Lets nothing pass: a filter without a configuration must not forward what it cannot read.
struct Refusing;

impl Context for Refusing {}

impl HttpContext for Refusing {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        let _ = calls::reply(&ferro::exchange::Attempt::lost_plan(), "ferro_unconfigured");
        Action::Pause
    }
}
