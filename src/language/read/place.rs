use super::{Reader, shown};
use crate::language::ast::{Near, Path};
use crate::language::grammar::{Node, Rule, child, children, has};
use crate::language::{Span, Spanned, codes};
use crate::model::Number;

impl Reader<'_, '_> {
    /// `within 5 km of (19.07, 72.87)`, of a property or of the event or profile itself.
    pub(super) fn near(&mut self, node: &Node<'_>, place: Option<Path>, span: Span) -> Option<Near> {
        let mut numbers = children(node, Rule::number);
        let (distance, north, east) = (numbers.next()?, numbers.next()?, numbers.next()?);
        let unit = child(node, Rule::distance_unit)?;
        let metres = self.metres(&distance, has(&unit, Rule::kw_km));
        let latitude = self.degrees(&north, "north", 90.0);
        let longitude = self.degrees(&east, "east", 180.0);
        Some(Near { place, metres: metres?, latitude: latitude?, longitude: longitude?, span })
    }

    fn metres(&mut self, node: &Node<'_>, kilometres: bool) -> Option<Spanned<Number>> {
        let number = self.number(node)?;
        if number.node.as_f64() < 0.0 {
            return self.refuse_with(
                codes::NUMBER,
                number.span,
                format!("`{}` is no distance", shown(node)),
                "write a number of `km` or `m`, such as `5 km`",
            );
        }
        if !kilometres {
            return Some(number);
        }
        // By its digits: 1.1 km are 1100 m, which 1.1 times 1000 in floats need not be.
        let digits = node.as_str().replace('_', "");
        let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
        let (shifted, rest) = match fraction.get(..3) {
            Some(shifted) => (shifted.to_owned(), fraction.get(3..).unwrap_or("")),
            None => (format!("{fraction:0<3}"), ""),
        };
        let metres = format!("{whole}{shifted}.{rest}0").parse::<f64>().ok().and_then(Number::from_f64)?;
        Some(Spanned::new(metres, number.span))
    }

    fn degrees(&mut self, node: &Node<'_>, direction: &str, most: f64) -> Option<Spanned<Number>> {
        let number = self.number(node)?;
        if number.node.as_f64().abs() <= most {
            return Some(number);
        }
        self.refuse_with(
            codes::NUMBER,
            number.span,
            format!("there are no `{}` degrees {direction}", shown(node)),
            format!(
                "a place is `(degrees north, degrees east)`, here from -{most} to {most}; south and west are negative"
            ),
        )
    }
}
