//! What may follow the name of a tag.

use super::syntax::{Chain, Operand, Path, Place, Tag, Token};

/// A name that a tag gives to something.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named<'t> {
    pub name: &'t str,
    pub place: Place,
}

/// A tag with what follows its name.
#[derive(Debug)]
pub(super) enum Clause<'t> {
    /// `assign name = chain`
    Assign(Named<'t>, &'t Chain),
    /// `capture name`
    Capture(Named<'t>),
    /// `increment name`, `decrement name`
    Counter(Named<'t>),
    /// `for name in list`, `for name in (1..3)`, with the values of `limit` and `offset`
    For { name: Named<'t>, over: Vec<&'t Operand>, bounds: Vec<&'t Operand> },
    /// `if a == b and c`, `unless …`
    If(Vec<&'t Operand>),
    /// `elsif …`
    Elsif(Vec<&'t Operand>),
    /// `case value`
    Case(Vec<&'t Operand>),
    /// `when a, b`
    When(Vec<&'t Operand>),
    /// `abort`, `abort "reason"`
    Abort(Option<&'t Operand>),
    /// `else`
    Else,
    /// `break`, `continue`
    Interrupt,
}

/// A place, and what is wrong there.
type Refused = (Place, String);

const BLOCKS: [&str; 7] = ["if", "unless", "case", "for", "capture", "raw", "comment"];
const TAGS: [&str; 9] =
    ["abort", "assign", "increment", "decrement", "else", "elsif", "when", "break", "continue"];
const ENDS: [&str; 7] = ["endif", "endunless", "endcase", "endfor", "endcapture", "endraw", "endcomment"];

/// True for a tag that has an end.
pub(super) fn is_block(name: &str) -> bool {
    BLOCKS.contains(&name)
}

/// True for a tag that opens a block or stands alone.
pub(super) fn is_known(name: &str) -> bool {
    is_block(name) || TAGS.contains(&name)
}

/// The names of all tags, those first that stand for most of the others.
pub(super) fn names() -> impl Iterator<Item = &'static str> + Clone {
    BLOCKS.into_iter().chain(TAGS).chain(ENDS)
}

/// Reads what follows a tag's name.
pub(super) fn read(tag: &Tag) -> Result<Clause<'_>, Refused> {
    let mut tokens = Tokens { tag, next: 0 };
    let clause = match tag.name.as_str() {
        "assign" => {
            let name = tokens.name()?;
            tokens.symbol("=")?;
            Clause::Assign(name, tokens.chain()?)
        }
        "capture" => Clause::Capture(tokens.name()?),
        "increment" | "decrement" => Clause::Counter(tokens.name()?),
        "for" => tokens.looped()?,
        "if" | "unless" => Clause::If(tokens.condition()?),
        "elsif" => Clause::Elsif(tokens.condition()?),
        "case" => Clause::Case(vec![tokens.value()?]),
        "when" => Clause::When(tokens.alternatives()?),
        "abort" => Clause::Abort(if tokens.peek().is_some() { Some(tokens.value()?) } else { None }),
        "else" => Clause::Else,
        _ => Clause::Interrupt,
    };
    match tokens.peek() {
        Some(token) => Err((token.place(), format!("this cannot stand in `{{% {} %}}`", tag.name))),
        None => Ok(clause),
    }
}

struct Tokens<'t> {
    tag: &'t Tag,
    next: usize,
}

impl<'t> Tokens<'t> {
    fn peek(&self) -> Option<&'t Token> {
        self.tag.tokens.get(self.next)
    }

    fn take(&mut self) -> Option<&'t Token> {
        let token = self.peek();
        self.next += 1;
        token
    }

    /// What was expected, at the next token, or at the tag where there is none.
    fn expected<T>(&self, what: &str) -> Result<T, Refused> {
        match self.peek() {
            Some(token) => Err((token.place(), format!("expected {what} in `{{% {} %}}`", self.tag.name))),
            None => Err((self.tag.place, format!("{what} is missing in `{{% {} %}}`", self.tag.name))),
        }
    }

    /// The next token, if it is a lone word.
    fn word(&self) -> Option<Named<'t>> {
        let Some(Token::Chain(Chain { value: Operand::Variable(path), filters, .. })) = self.peek() else {
            return None;
        };
        let Path { root, parts, place } = path;
        (parts.is_empty() && filters.is_empty()).then_some(Named { name: root, place: *place })
    }

    fn name(&mut self) -> Result<Named<'t>, Refused> {
        match self.word() {
            Some(name) => {
                self.next += 1;
                Ok(name)
            }
            None => self.expected("a name"),
        }
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.word().is_some_and(|found| found.name == word);
        self.next += usize::from(found);
        found
    }

    fn take_symbol(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Symbol(found, _)) if *found == symbol);
        self.next += usize::from(found);
        found
    }

    fn symbol(&mut self, symbol: &str) -> Result<(), Refused> {
        if self.take_symbol(symbol) { Ok(()) } else { self.expected(&format!("`{symbol}`")) }
    }

    fn chain(&mut self) -> Result<&'t Chain, Refused> {
        match self.peek() {
            Some(Token::Chain(chain)) => {
                self.next += 1;
                Ok(chain)
            }
            _ => self.expected("a value"),
        }
    }

    fn value(&mut self) -> Result<&'t Operand, Refused> {
        let chain = self.chain()?;
        match chain.filters.first() {
            Some(filter) => Err((
                filter.place,
                "no filter can stand here: give the value a name first, with `assign`".to_owned(),
            )),
            None => Ok(&chain.value),
        }
    }

    fn looped(&mut self) -> Result<Clause<'t>, Refused> {
        let name = self.name()?;
        if !self.take_word("in") {
            return self.expected("`in`");
        }
        let over = match self.peek() {
            Some(Token::Range(from, to, _)) => {
                self.next += 1;
                vec![from, to]
            }
            _ => vec![self.value()?],
        };
        let mut bounds = Vec::new();
        while let Some(word) = self.word() {
            self.next += 1;
            match word.name {
                "reversed" => {}
                "limit" | "offset" => {
                    self.symbol(":")?;
                    bounds.push(self.value()?);
                }
                _ => return Err((word.place, "only `limit`, `offset` and `reversed` can follow".to_owned())),
            }
        }
        Ok(Clause::For { name, over, bounds })
    }

    fn condition(&mut self) -> Result<Vec<&'t Operand>, Refused> {
        let mut operands = Vec::new();
        loop {
            operands.push(self.value()?);
            if self.comparison()? {
                operands.push(self.value()?);
            }
            if !self.take_word("and") && !self.take_word("or") {
                return Ok(operands);
            }
        }
    }

    fn comparison(&mut self) -> Result<bool, Refused> {
        if self.take_word("contains") {
            return Ok(true);
        }
        match self.peek() {
            Some(Token::Symbol("=", place)) => Err((*place, "a comparison is written `==`".to_owned())),
            Some(Token::Symbol("==" | "!=" | "<>" | "<" | ">" | "<=" | ">=", _)) => {
                self.take();
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn alternatives(&mut self) -> Result<Vec<&'t Operand>, Refused> {
        let mut values = vec![self.value()?];
        while self.take_symbol(",") || self.take_word("or") {
            values.push(self.value()?);
        }
        Ok(values)
    }
}
