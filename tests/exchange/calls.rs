//! What the gateway asks for itself while a script runs: tokens, lists of models, and what became of an answer.

use ferro::exchange::Services;
use ferro::gateway::{Call, CallAnswer, Errand};

use super::envoy::Envoy;
use super::words::unescaped;

impl Envoy {
    /// Whatever token is due is asked for; nothing comes, or this one.
    pub(super) fn token(&mut self, token: &str) {
        let granted = format!(r#"{{"access_token":"{token}","expires_in":3600}}"#);
        let answer = match token {
            "" => CallAnswer::NOTHING,
            _ => CallAnswer { status: 200, body: granted.as_bytes() },
        };
        for (errand, call) in self.gateway.due_tokens(self.host.now()).collect::<Vec<_>>() {
            self.go(errand, &call, answer);
        }
    }

    /// Whatever list of models is due is asked for; nothing comes, or this body.
    pub(super) fn models(&mut self, body: &str) {
        let answer = match body {
            "" => CallAnswer::NOTHING,
            _ => CallAnswer { status: 200, body: body.as_bytes() },
        };
        for (errand, call) in self.gateway.due_models(self.host.now()).collect::<Vec<_>>() {
            self.go(errand, &call, answer);
        }
    }

    /// Whatever question about an answer is due is asked; nothing comes, or this status and body.
    pub(super) fn job(&mut self, rest: &str) {
        let attempt = self.attempt.as_mut().unwrap();
        let Some(call) = attempt.asks(&self.gateway, &self.host) else {
            return self.say("nothing to ask");
        };
        self.called("asks", &call);
        let (status, body) = rest.split_once(' ').unwrap_or((rest, ""));
        let body = unescaped(body);
        let answer = match status {
            "" => CallAnswer::NOTHING,
            status => CallAnswer { status: status.parse().unwrap(), body: &body },
        };
        let step = self.attempt.as_mut().unwrap().hear(answer, &self.host);
        self.take(step, true);
    }

    /// The provider is told that nobody waits, if it still works on the answer.
    pub(super) fn end_job(&mut self) {
        if let Some(call) = self.attempt.as_ref().and_then(|attempt| attempt.ends_job()) {
            self.called("tells", &call);
        }
    }

    fn called(&mut self, how: &str, call: &Call) {
        let headers: String = call.headers.iter().map(|(name, value)| format!(" {name}={value}")).collect();
        self.say(format!("{how} {}{headers}", call.cluster));
    }

    fn go(&mut self, errand: Errand, call: &Call, answer: CallAnswer<'_>) {
        let (Errand::Token(place) | Errand::Models(place)) = errand;
        self.say(format!("asks {} for {}", call.cluster, self.gateway.providers[place].name));
        if let Errand::Models(_) = errand {
            let headers: String =
                call.headers.iter().map(|(name, value)| format!(" {name}={value}")).collect();
            self.say(format!("with{headers}"));
        }
        self.gateway.take(errand, answer, self.host.now());
    }
}
