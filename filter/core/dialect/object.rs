//! A JSON object that is written member by member, of values that are JSON already.

/// An object that is being written.
#[derive(Debug)]
pub(super) struct Object(String);

impl Object {
    /// Nothing is in it yet. So many bytes are made room for.
    pub fn new(room: usize) -> Self {
        let mut text = String::with_capacity(room);
        text.push('{');
        Self(text)
    }

    /// With a value that is JSON.
    pub fn raw(mut self, name: &str, json: &str) -> Self {
        self.name(name);
        self.0.push_str(json);
        self
    }

    /// With a value, if there is one.
    pub fn raw_if(self, name: &str, json: Option<&str>) -> Self {
        match json {
            Some(json) => self.raw(name, json),
            None => self,
        }
    }

    /// With a text.
    pub fn text(self, name: &str, text: &str) -> Self {
        let literal = literal(text);
        self.raw(name, &literal)
    }

    /// With a text, if there is one.
    pub fn text_if(self, name: &str, text: Option<&str>) -> Self {
        match text {
            Some(text) => self.text(name, text),
            None => self,
        }
    }

    /// With a list of values that are JSON.
    pub fn list<T: AsRef<str>>(mut self, name: &str, elements: impl IntoIterator<Item = T>) -> Self {
        self.name(name);
        self.0.push('[');
        for (place, element) in elements.into_iter().enumerate() {
            if place > 0 {
                self.0.push(',');
            }
            self.0.push_str(element.as_ref());
        }
        self.0.push(']');
        self
    }

    /// The whole object.
    pub fn close(mut self) -> String {
        self.0.push('}');
        self.0
    }

    fn name(&mut self, name: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.0.push_str(&literal(name));
        self.0.push(':');
    }
}

/// A text as JSON.
pub(super) fn literal(text: &str) -> String {
    // A string is always JSON.
    serde_json::to_string(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_written_in_order() {
        let object =
            Object::new(0).raw("a", "1.50").raw_if("b", None).text("c", "\"").list("d", ["1", "\"x\""]);
        let object = object.text_if("e", None).list::<&str>("f", []).raw("g", &Object::new(0).close());
        assert_eq!(object.close(), r#"{"a":1.50,"c":"\"","d":[1,"x"],"f":[],"g":{}}"#);
    }
}
