//! Charts over time: bars in stacks, and a line of steps.

use std::convert::Infallible;

use plotters::chart::ChartBuilder;
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};
use plotters::drawing::{DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::{PathElement, Rectangle};
use plotters::style::{Color, IntoFont, TRANSPARENT};

use super::canvas::{Canvas, width_of};
use super::html::Html;
use super::ink::Ink;
use super::time::Bars;
use crate::report::grouped;

/// What drawing may end with; nothing in memory does.
pub(super) type Drawn = Result<(), DrawingAreaErrorKind<Infallible>>;

/// A chart for one width of the reader's screen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    /// The class in the page's style that shows it at that width.
    class: &'static str,
    width: u32,
    font: u32,
    /// So many bars at most.
    pub(super) bars: usize,
    /// So many words at most below the axis.
    ticks: usize,
}

/// Every chart is drawn twice, and the page shows the one that its reader's screen has room for: letters are as large on either.
pub(super) const SIZES: [Size; 2] = [
    Size { class: "wide", width: 1_000, font: 13, bars: 240, ticks: 10 },
    Size { class: "narrow", width: 400, font: 13, bars: 80, ticks: 4 },
];

/// What a chart shows, bar by bar.
pub(super) struct Chart<'c> {
    pub(super) bars: &'c Bars,
    pub(super) height: u32,
    /// What it is, for those who do not see it.
    pub(super) label: String,
    /// What stands upon one another, from below.
    pub(super) stacks: Vec<(Ink, Vec<u64>)>,
    /// A line of steps; none where there is nothing to say.
    pub(super) steps: Option<(Ink, Vec<Option<u64>>)>,
    /// What is said of a bar when it is pointed at.
    pub(super) titles: Vec<Option<String>>,
}

impl Chart<'_> {
    /// The largest that there is to show, at least 1.
    fn most(&self) -> u64 {
        let stacks = (0..self.bars.count)
            .map(|bar| self.stacks.iter().filter_map(|(_, values)| values.get(bar)).sum::<u64>());
        let steps = self.steps.iter().flat_map(|(_, values)| values.iter().flatten().copied());
        stacks.chain(steps).max().unwrap_or(0).max(1)
    }

    /// Draws it for a size of screen.
    pub(super) fn draw(&self, size: Size, html: &mut Html) -> Drawn {
        let marks = marks(self.most());
        let top = marks.last().copied().unwrap_or(1);
        // As much for most, so that charts stand below one another.
        let space = marks.iter().map(|mark| width_of(&grouped(*mark), size.font)).max().unwrap_or(0);
        let space = space.max(width_of("10,000", size.font));
        html.raw("<svg role=\"img\" class=\"").raw(size.class).raw("\"");
        html.attribute("viewBox", format!("0 0 {} {}", size.width, self.height));
        html.attribute("aria-label", &self.label).raw(">");
        let hits = self.draw_on(size, top, &marks, space, html)?;
        // Above everything, so that the whole height of a bar can be pointed at.
        html.each(hits.iter().zip(&self.titles), |html, (hit, title)| {
            let Some(title) = title else { return };
            html.raw("<rect class=\"hit\"");
            html.attribute("x", hit.left).attribute("y", hit.top);
            html.attribute("width", hit.width).attribute("height", hit.height);
            html.raw("><title>").text(title).raw("</title></rect>");
        });
        html.raw("</svg>");
        Ok(())
    }

    fn draw_on(
        &self,
        size: Size,
        top: u64,
        marks: &[u64],
        space: u32,
        html: &mut Html,
    ) -> Result<Vec<Hit>, DrawingAreaErrorKind<Infallible>> {
        let count = self.bars.count;
        let ticks = self.bars.ticks(size.ticks);
        let places: Vec<f64> = ticks.iter().map(|(place, _)| *place).collect();
        let root = Canvas { size: (size.width, self.height), html }.into_drawing_area();
        let mut chart = ChartBuilder::on(&root)
            .margin_top(size.font)
            .margin_right(size.font / 2)
            .y_label_area_size(space + size.font)
            .x_label_area_size(size.font * 2)
            .build_cartesian_2d(
                Axis { end: count as f64, marks: places },
                Axis { end: top as f64, marks: marks.iter().map(|mark| *mark as f64).collect() },
            )?;
        let words = |place: &f64| {
            let tick = ticks.iter().find(|(known, _)| known == place);
            tick.map(|(_, words)| words.clone()).unwrap_or_default()
        };
        chart
            .configure_mesh()
            .disable_x_mesh()
            .bold_line_style(Ink::Grid.colour())
            .light_line_style(TRANSPARENT)
            .axis_style(Ink::Axis.colour())
            .x_label_style(("sans-serif", size.font).into_font().color(&Ink::Label.colour()))
            .y_label_style(("sans-serif", size.font).into_font().color(&Ink::Label.colour()))
            .x_label_formatter(&words)
            .y_label_formatter(&|mark| grouped(mark.round() as u64))
            .draw()?;
        let mut feet = vec![0_u64; count];
        for (ink, values) in &self.stacks {
            let bars = values.iter().zip(&mut feet).enumerate().filter(|(_, (value, _))| **value > 0);
            let bars = bars.map(|(bar, (value, foot))| {
                let below = *foot;
                *foot += value;
                let place = bar as f64;
                let corners = [(place, *foot as f64), (place + 1.0, below as f64)];
                let mut bar = Rectangle::new(corners, ink.colour().filled());
                // Air between bars that are wide enough, and stand for themselves.
                let airy = matches!(ink, Ink::Series(_)) && size.width as usize / count.max(1) > 5;
                bar.set_margin(0, 0, 0, u32::from(airy));
                bar
            });
            let bars: Vec<_> = bars.collect();
            chart.draw_series(bars)?;
        }
        if let Some((ink, values)) = &self.steps {
            let mut path: Vec<(f64, f64)> = Vec::new();
            let mut paths = Vec::new();
            for (bar, value) in values.iter().enumerate() {
                match value {
                    Some(value) => {
                        path.extend([(bar as f64, *value as f64), (bar as f64 + 1.0, *value as f64)])
                    }
                    None => paths.push(std::mem::take(&mut path)),
                }
            }
            paths.push(path);
            paths.retain(|path| !path.is_empty());
            chart.draw_series(
                paths.into_iter().map(|path| PathElement::new(path, ink.colour().stroke_width(2))),
            )?;
        }
        let corner = |bar: usize, height: u64| chart.backend_coord(&(bar as f64, height as f64));
        let hit = |bar| {
            let ((left, top), (right, bottom)) = (corner(bar, top), corner(bar + 1, 0));
            Hit { left, top, width: (right - left).max(1), height: bottom - top }
        };
        Ok((0..count).map(hit).collect())
    }
}

/// An axis from 0 with marks where we want them: the library's own choose by numbers, and ours go by days.
struct Axis {
    end: f64,
    marks: Vec<f64>,
}

impl Ranged for Axis {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        limit.0 + (f64::from(limit.1 - limit.0) * value / self.end).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.marks.clone()
    }

    fn range(&self) -> std::ops::Range<f64> {
        0.0..self.end
    }
}

/// Where a bar can be pointed at.
struct Hit {
    left: i32,
    top: i32,
    width: i32,
    height: i32,
}

/// Round numbers from 0 up to at least this one: five or fewer.
fn marks(most: u64) -> Vec<u64> {
    let steps = (0..19).flat_map(|power| [1, 2, 5].map(|digit: u64| digit.saturating_mul(10_u64.pow(power))));
    let step = steps.into_iter().find(|step| most.div_ceil(*step) <= 4).unwrap_or(most.max(1));
    (0..=most.div_ceil(step)).map(|mark| mark.saturating_mul(step)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_round_and_reach_the_most() {
        for (most, wanted) in [
            (1, vec![0, 1]),
            (4, vec![0, 1, 2, 3, 4]),
            (5, vec![0, 2, 4, 6]),
            (20, vec![0, 5, 10, 15, 20]),
            (2_000, vec![0, 500, 1_000, 1_500, 2_000]),
            (2_001, vec![0, 1_000, 2_000, 3_000]),
        ] {
            assert_eq!(marks(most), wanted, "{most}");
        }
        assert!(marks(u64::MAX).len() <= 5);
    }
}
