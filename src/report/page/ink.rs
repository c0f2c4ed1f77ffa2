use plotters::style::RGBColor;

/// What a line or a surface of a chart means. Which colour that is, is a matter of the page's style: so a chart is one in light and in dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    /// Words at axes.
    Label,
    /// Lines behind the chart.
    Grid,
    /// The line on which it stands.
    Axis,
    /// What is used.
    Used,
    /// What is allowed.
    Allowed,
    /// Who waits.
    Line,
    /// One of several, from 0; the last is for all others together.
    Series(u8),
}

/// So many series have a colour of their own.
pub(super) const SERIES: u8 = 8;

impl Ink {
    /// The colour by which the canvas knows it again.
    pub(super) const fn colour(self) -> RGBColor {
        RGBColor(0, 0, self.number())
    }

    const fn number(self) -> u8 {
        match self {
            Ink::Label => 1,
            Ink::Grid => 2,
            Ink::Axis => 3,
            Ink::Used => 4,
            Ink::Allowed => 5,
            Ink::Line => 6,
            Ink::Series(number) => 16 + number,
        }
    }

    /// The class in the page's style of a colour; none of what is not ours.
    pub(super) const fn class(colour: (u8, u8, u8)) -> Option<&'static str> {
        Some(match colour {
            (0, 0, 1) => "label",
            (0, 0, 2) => "grid",
            (0, 0, 3) => "axis",
            (0, 0, 4) => "used",
            (0, 0, 5) => "allowed",
            (0, 0, 6) => "line",
            (0, 0, number @ 16..) => Ink::series_class(number - 16),
            _ => return None,
        })
    }

    /// The class of a series.
    pub(super) const fn series_class(number: u8) -> &'static str {
        match number {
            0 => "s0",
            1 => "s1",
            2 => "s2",
            3 => "s3",
            4 => "s4",
            5 => "s5",
            6 => "s6",
            7 => "s7",
            _ => "s8",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ink_has_a_class() {
        let inks = [Ink::Label, Ink::Grid, Ink::Axis, Ink::Used, Ink::Allowed, Ink::Line];
        let series = (0..=SERIES).map(Ink::Series);
        let classes: Vec<_> = inks
            .into_iter()
            .chain(series)
            .map(|ink| {
                let RGBColor(red, green, blue) = ink.colour();
                Ink::class((red, green, blue)).unwrap()
            })
            .collect();
        let style = include_str!("style.css");
        for (place, class) in classes.iter().enumerate() {
            assert!(!classes[..place].contains(class), "{class} twice");
            assert!(style.contains(&format!(".{class} {{")), "{class} has no style");
        }
    }
}
