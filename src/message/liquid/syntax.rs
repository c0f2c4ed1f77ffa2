//! The grammar of Liquid's markup, read by ourselves before the `liquid` crate reads it.
//!
//! Three things are wanted that the crate does not give: exact places for findings, the variables that a text reads (its
//! own tree is closed), and safety, for its parser panics on some malformed texts. So this reader accepts exactly what the
//! crate's grammar accepts, quirks included (a name cannot begin with a literal such as `nil`; no tabs), and the crate
//! only ever sees texts that were accepted here.

/// How deep brackets may be nested: `a[b[c]]` is two deep. Both readers go down the stack for each.
const DEEPEST: usize = 8;

/// What is expected, at its opening quote, of a text that has no other.
pub(super) const CLOSING_QUOTE: &str = "a closing quote";

/// Bytes of the Liquid text from `start` to before `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub start: usize,
    pub end: usize,
}

/// A piece of a Liquid text.
#[derive(Debug)]
pub(super) enum Element {
    /// Plain text.
    Text(Place),
    /// `{{ … }}`
    Output(Chain),
    /// `{% … %}`
    Tag(Tag),
}

/// `value | filter: argument | …`
#[derive(Debug)]
pub(super) struct Chain {
    pub value: Operand,
    pub filters: Vec<FilterCall>,
    pub place: Place,
}

/// A literal or a variable.
#[derive(Debug)]
pub(super) enum Operand {
    Literal(Literal, Place),
    Variable(Path),
}

/// A value written in the text. Only what findings depend on is told apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Literal {
    /// `'text'`
    Text(String),
    /// A whole number; none when it is none that 64 bits hold.
    Integer(Option<i64>),
    /// `1.5`, `true`, `nil`, `empty`, `blank`.
    Other,
}

/// `event.items[0].name`
#[derive(Debug)]
pub(super) struct Path {
    pub root: String,
    pub parts: Vec<Part>,
    pub place: Place,
}

/// What follows a variable's name.
#[derive(Debug)]
pub(super) enum Part {
    /// `.name`
    Name(String),
    /// `[…]`
    Index(Operand),
}

/// `filter: argument, name: argument`
#[derive(Debug)]
pub(super) struct FilterCall {
    pub name: String,
    pub name_place: Place,
    pub arguments: Vec<Argument>,
    pub place: Place,
}

/// One argument of a filter.
#[derive(Debug)]
pub(super) struct Argument {
    /// True for `name: value`.
    pub named: bool,
    pub value: Operand,
    pub place: Place,
}

/// `{% name tokens %}`
#[derive(Debug)]
pub(super) struct Tag {
    pub name: String,
    pub name_place: Place,
    pub tokens: Vec<Token>,
    pub place: Place,
}

/// A piece of a tag after its name.
#[derive(Debug)]
pub(super) enum Token {
    /// `(1..3)`
    Range(Operand, Operand, Place),
    /// A value, maybe with filters.
    Chain(Chain),
    /// `==`, `:` …
    Symbol(&'static str, Place),
}

impl Token {
    pub(super) const fn place(&self) -> Place {
        match self {
            Token::Range(_, _, place) | Token::Symbol(_, place) => *place,
            Token::Chain(chain) => chain.place,
        }
    }
}

/// Markup that cannot be read.
#[derive(Debug)]
pub(super) struct Unreadable {
    /// Its `{{` or `{%`.
    pub opening: Place,
    /// How far it could be read.
    pub at: usize,
    /// What could have followed there.
    pub expected: Vec<&'static str>,
    /// True when brackets are nested too deep.
    pub too_deep: bool,
}

/// Reads a Liquid text piece by piece.
#[derive(Debug)]
pub(super) struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    too_deep: bool,
    furthest: usize,
    expected: Vec<&'static str>,
}

impl<'t> Reader<'t> {
    pub(super) const fn new(text: &'t str) -> Reader<'t> {
        Reader { text, at: 0, depth: 0, too_deep: false, furthest: 0, expected: Vec::new() }
    }

    /// The next piece; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<Element>, Unreadable> {
        let Some(opening) = self.opening() else {
            let start = std::mem::replace(&mut self.at, self.text.len());
            let place = self.place_from(start);
            return Ok((place.start < place.end).then_some(Element::Text(place)));
        };
        if opening > self.at {
            let start = std::mem::replace(&mut self.at, opening);
            return Ok(Some(Element::Text(self.place_from(start))));
        }
        self.markup().map(Some).ok_or_else(|| Unreadable {
            opening: Place { start: opening, end: opening + 2 },
            at: self.furthest,
            expected: std::mem::take(&mut self.expected),
            too_deep: self.too_deep,
        })
    }

    /// Skips to the tag that ends a block whose inside is not Liquid (`raw`, `comment`): the place of the inside, none when
    /// the tag never comes. The inside of such a block is read for its tags alone; markup that cannot be read is text.
    pub(super) fn skip_block(&mut self, name: &str, end: &str, nests: bool) -> Option<Place> {
        let start = self.at;
        let mut open = 1;
        while let Some(opening) = self.opening() {
            self.at = opening;
            match self.markup() {
                Some(Element::Tag(tag)) if tag.name == end && tag.tokens.is_empty() => {
                    open -= 1;
                    if open == 0 {
                        return Some(Place { start, end: opening });
                    }
                }
                Some(Element::Tag(tag)) if nests && tag.name == name => open += 1,
                Some(_) => {}
                None => self.at = opening + 1,
            }
        }
        self.at = self.text.len();
        None
    }

    /// The text from here on.
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn place_from(&self, start: usize) -> Place {
        Place { start, end: self.at }
    }

    fn opening(&self) -> Option<usize> {
        let rest = self.rest();
        let found = [rest.find("{{"), rest.find("{%")].into_iter().flatten().min();
        found.map(|offset| self.at + offset)
    }

    fn markup(&mut self) -> Option<Element> {
        self.furthest = self.at;
        self.expected.clear();
        self.too_deep = false;
        self.attempt(|reader| {
            if reader.rest().starts_with("{{") { reader.output() } else { reader.tag().map(Element::Tag) }
        })
    }

    /// Runs a reader, and goes back to where it began when it finds nothing.
    fn attempt<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let (at, depth) = (self.at, self.depth);
        let found = read(self);
        if found.is_none() {
            (self.at, self.depth) = (at, depth);
        }
        found
    }

    /// Takes a text; `None`, and a note of what was expected, when something else is here.
    fn take(&mut self, wanted: &str, word: &'static str) -> Option<()> {
        if self.rest().starts_with(wanted) {
            self.at += wanted.len();
            return Some(());
        }
        self.miss(word)
    }

    /// Notes what was expected here, for the finding about the place that was read furthest.
    fn miss<T>(&mut self, word: &'static str) -> Option<T> {
        if self.at > self.furthest {
            self.furthest = self.at;
            self.expected.clear();
        }
        if self.at == self.furthest && !word.is_empty() && !self.expected.contains(&word) {
            self.expected.push(word);
        }
        None
    }

    /// Liquid's white space: tabs are none.
    fn spaces(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\n', '\r']).len();
    }

    fn output(&mut self) -> Option<Element> {
        self.take("{{", "")?;
        let _ = self.take("-", "");
        self.spaces();
        let chain = self.chain()?;
        self.spaces();
        self.close("-}}", "}}", "`}}`")?;
        Some(Element::Output(chain))
    }

    fn tag(&mut self) -> Option<Tag> {
        let start = self.at;
        self.take("{%", "")?;
        let _ = self.take("-", "");
        self.spaces();
        let name_start = self.at;
        let Some(name) = self.identifier() else { return self.miss("the name of a tag") };
        let name_place = self.place_from(name_start);
        let mut tokens = Vec::new();
        while let Some(token) = self.attempt(|reader| {
            reader.spaces();
            reader.token()
        }) {
            tokens.push(token);
        }
        self.spaces();
        self.close("-%}", "%}", "`%}`")?;
        Some(Tag { name, name_place, tokens, place: self.place_from(start) })
    }

    fn close(&mut self, trimming: &str, plain: &str, word: &'static str) -> Option<()> {
        if self.take(trimming, "").is_some() {
            return Some(());
        }
        self.take(plain, word)
    }

    fn token(&mut self) -> Option<Token> {
        let start = self.at;
        if let Some((from, to)) = self.attempt(Self::range) {
            return Some(Token::Range(from, to, self.place_from(start)));
        }
        if let Some(chain) = self.attempt(Self::chain) {
            return Some(Token::Chain(chain));
        }
        const SYMBOLS: [&str; 10] = ["==", "!=", "<>", ">=", "<=", ">", "<", "=", ",", ":"];
        let symbol = SYMBOLS.into_iter().find(|symbol| self.take(symbol, "").is_some())?;
        Some(Token::Symbol(symbol, self.place_from(start)))
    }

    fn range(&mut self) -> Option<(Operand, Operand)> {
        self.take("(", "")?;
        self.spaces();
        let from = self.operand()?;
        self.spaces();
        self.take("..", "`..`")?;
        self.spaces();
        let to = self.operand()?;
        self.spaces();
        self.take(")", "`)`")?;
        Some((from, to))
    }

    fn chain(&mut self) -> Option<Chain> {
        let start = self.at;
        let value = self.operand()?;
        let mut filters = Vec::new();
        let mut end = self.at;
        while let Some(filter) = self.attempt(|reader| {
            reader.spaces();
            reader.take("|", "`|`")?;
            reader.spaces();
            reader.filter()
        }) {
            filters.push(filter);
            end = self.at;
        }
        Some(Chain { value, filters, place: Place { start, end } })
    }

    fn filter(&mut self) -> Option<FilterCall> {
        let start = self.at;
        let Some(name) = self.identifier() else { return self.miss("the name of a filter") };
        let name_place = self.place_from(start);
        let arguments = self.attempt(|reader| {
            reader.spaces();
            reader.take(":", "`:`")?;
            reader.spaces();
            let mut arguments = vec![reader.argument()?];
            while let Some(argument) = reader.attempt(|reader| {
                reader.spaces();
                reader.take(",", "`,`")?;
                reader.spaces();
                reader.argument()
            }) {
                arguments.push(argument);
            }
            Some(arguments)
        });
        let arguments = arguments.unwrap_or_default();
        Some(FilterCall { name, name_place, arguments, place: self.place_from(start) })
    }

    fn argument(&mut self) -> Option<Argument> {
        let start = self.at;
        let named = self.attempt(|reader| {
            reader.identifier()?;
            reader.spaces();
            reader.take(":", "")?;
            reader.spaces();
            reader.operand()
        });
        let is_named = named.is_some();
        let value = match named {
            Some(value) => value,
            None => self.operand()?,
        };
        Some(Argument { named: is_named, value, place: self.place_from(start) })
    }

    fn operand(&mut self) -> Option<Operand> {
        let start = self.at;
        if let Some(literal) = self.attempt(Self::literal) {
            return Some(Operand::Literal(literal, self.place_from(start)));
        }
        let Some(root) = self.identifier() else { return self.miss("a value") };
        let mut parts = Vec::new();
        while let Some(part) = self.attempt(Self::part) {
            parts.push(part);
        }
        Some(Operand::Variable(Path { root, parts, place: self.place_from(start) }))
    }

    fn part(&mut self) -> Option<Part> {
        if self.take(".", "").is_some() {
            return match self.identifier() {
                Some(name) => Some(Part::Name(name)),
                None => self.miss("a name after `.`"),
            };
        }
        self.take("[", "")?;
        self.depth += 1;
        if self.depth > DEEPEST {
            self.too_deep = true;
            return None;
        }
        self.spaces();
        let index = self.operand()?;
        self.spaces();
        self.take("]", "`]`")?;
        self.depth -= 1;
        Some(Part::Index(index))
    }

    fn literal(&mut self) -> Option<Literal> {
        if ["nil", "null", "empty", "blank"].iter().any(|word| self.take(word, "").is_some()) {
            return Some(Literal::Other);
        }
        for quote in ['\'', '"'] {
            if let Some(inside) = self.rest().strip_prefix(quote) {
                let Some(length) = inside.find(quote) else { return self.miss(CLOSING_QUOTE) };
                self.at += length + 2;
                return Some(Literal::Text(inside.get(..length)?.to_owned()));
            }
        }
        self.number().or_else(|| {
            ["true", "false"].iter().any(|word| self.take(word, "").is_some()).then_some(Literal::Other)
        })
    }

    fn number(&mut self) -> Option<Literal> {
        let rest = self.rest();
        let unsigned = rest.strip_prefix(['+', '-']).unwrap_or(rest);
        let whole = digits(unsigned);
        if whole == 0 {
            return None;
        }
        let length = rest.len() - unsigned.len() + whole;
        let fraction = unsigned.get(whole..)?.strip_prefix('.').map_or(0, digits);
        if fraction > 0 {
            self.at += length + 1 + fraction;
            return Some(Literal::Other);
        }
        self.at += length;
        Some(Literal::Integer(rest.get(..length)?.parse().ok()))
    }

    fn identifier(&mut self) -> Option<String> {
        let rest = self.rest();
        let mut length = 0;
        for (offset, byte) in rest.bytes().enumerate() {
            let fits = match byte {
                b'_' => true,
                // A hyphen is a part of a name unless it is the one of `-}}` or `-%}`.
                b'-' => rest
                    .get(offset..)
                    .is_some_and(|rest| !rest.starts_with("-}}") && !rest.starts_with("-%}")),
                b'0'..=b'9' => offset > 0,
                _ => byte.is_ascii_alphabetic(),
            };
            if !fits {
                break;
            }
            length = offset + 1;
        }
        if length == 0 {
            return None;
        }
        self.at += length;
        rest.get(..length).map(str::to_owned)
    }
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}
