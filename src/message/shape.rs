//! The shape of a template's text: its parameters, and how long it is without them.

/// A text with `{{1}}` or `{{first_name}}` in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Shape {
    /// Characters outside of parameters.
    pub fixed: usize,
    /// The parameters: by number, or in the order in which their names first occur.
    pub parameters: Vec<ShapeParameter>,
}

/// A parameter of a template's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ShapeParameter {
    /// Its name, or its number from 1.
    pub name: String,
    /// How often it occurs.
    pub times: usize,
}

impl Shape {
    /// Reads a template's text.
    pub(super) fn of(text: &str) -> Shape {
        let mut shape = Shape::default();
        let mut rest = text;
        while let Some((before, name, after)) = next_parameter(rest) {
            shape.fixed += before.chars().count();
            rest = after;
            match shape.parameters.iter_mut().find(|parameter| parameter.name == name) {
                Some(known) => known.times += 1,
                None => shape.parameters.push(ShapeParameter { name: name.to_owned(), times: 1 }),
            }
        }
        shape.fixed += rest.chars().count();
        if !shape.is_named() {
            shape.number();
        }
        shape
    }

    /// The names of the parameters.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.parameters.iter().map(|parameter| parameter.name.as_str())
    }

    /// True when a parameter has a name and not a number.
    pub(super) fn is_named(&self) -> bool {
        self.parameters.iter().any(|parameter| parameter.name.parse::<usize>().is_err())
    }

    /// The length of the text with the lengths of its values put in, in the order of its parameters.
    pub(super) fn rendered(&self, values: impl Iterator<Item = usize>) -> usize {
        let values = self.parameters.iter().zip(values).map(|(parameter, length)| parameter.times * length);
        self.fixed + values.sum::<usize>()
    }

    /// Puts numbered parameters in their order, with those that do not occur: a value is sent for each up to the last.
    fn number(&mut self) {
        let number = |parameter: &ShapeParameter| parameter.name.parse::<usize>().unwrap_or(0);
        let last = self.parameters.iter().map(number).max().unwrap_or(0).min(MOST);
        let written = std::mem::take(&mut self.parameters);
        self.parameters = (1..=last)
            .map(|place| {
                let times = written.iter().find(|parameter| number(parameter) == place);
                ShapeParameter {
                    name: place.to_string(),
                    times: times.map_or(0, |parameter| parameter.times),
                }
            })
            .collect();
    }
}

/// More numbered parameters than a body of 1024 characters can hold.
const MOST: usize = 256;

/// The text before the next parameter, its name, and the text after it.
fn next_parameter(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let open = from + text.get(from..)?.find("{{")?;
        let (inside, after) = text.get(open + 2..)?.split_once("}}")?;
        let name = inside.trim();
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if !name.is_empty() && name.bytes().all(is_name) {
            return Some((text.get(..open)?, name, after));
        }
        from = open + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(text: &str) -> Vec<(String, usize)> {
        Shape::of(text).parameters.into_iter().map(|parameter| (parameter.name, parameter.times)).collect()
    }

    #[test]
    fn numbered_parameters_stand_in_their_order() {
        let expected = vec![("1".to_owned(), 2), ("2".to_owned(), 1)];
        assert_eq!(parameters("{{2}} and {{1}} and {{ 1 }}"), expected);
        assert_eq!(parameters("{{3}}").len(), 3);
        assert_eq!(parameters("no {1} and no {{}} either, nor {{a b}}"), vec![]);
    }

    #[test]
    fn named_parameters_stand_as_they_first_occur() {
        let expected = vec![("name".to_owned(), 2), ("amount".to_owned(), 1)];
        assert_eq!(parameters("{{name}}, {{amount}} ({{name}})"), expected);
        assert!(Shape::of("{{name}}").is_named());
    }

    #[test]
    fn lengths_are_in_characters() {
        let shape = Shape::of("नमस्ते {{name}}, {{name}}!");
        assert_eq!(shape.fixed, 6 + 1 + 2 + 1);
        assert_eq!(shape.rendered([4].into_iter()), 18);
        assert_eq!(Shape::of("").rendered(std::iter::empty()), 0);
    }
}
