//! What charts are drawn on: SVG whose colours are classes of the page's style.
//!
//! The library's own SVG writes colours as numbers, which cannot follow the reader's light or dark; this one writes what they mean.

use std::convert::Infallible;

use plotters::prelude::DrawingBackend;
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingErrorKind};

use super::html::Html;
use super::ink::Ink;

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

/// A letter is so much as wide as it is high, on average.
const LETTER: f64 = 0.58;

/// A canvas of so many units.
pub(super) struct Canvas<'h> {
    pub(super) size: (u32, u32),
    pub(super) html: &'h mut Html,
}

/// How wide a text is, in units.
pub(super) fn width_of(text: &str, size: u32) -> u32 {
    (text.chars().count() as f64 * f64::from(size) * LETTER).ceil() as u32
}

impl Canvas<'_> {
    /// ` class="…"`; nothing is drawn with what is no ink, or cannot be seen.
    fn class(colour: BackendColor) -> Option<&'static str> {
        Ink::class(colour.rgb).filter(|_| colour.alpha > 0.0)
    }

    fn points(&mut self, points: impl IntoIterator<Item = BackendCoord>) {
        for (place, (x, y)) in points.into_iter().enumerate() {
            self.html.raw(if place > 0 { " " } else { "" }).number(x).raw(",").number(y);
        }
    }
}

impl DrawingBackend for Canvas<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, point: BackendCoord, color: BackendColor) -> Drawn {
        self.draw_rect(point, (point.0 + 1, point.1 + 1), &color, true)
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        upper_left: BackendCoord,
        bottom_right: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let Some(class) = Canvas::class(style.color()) else { return Ok(()) };
        let (width, height) = (bottom_right.0 - upper_left.0, bottom_right.1 - upper_left.1);
        self.html.raw("<rect class=\"").raw(if fill { "fill " } else { "stroke " }).raw(class).raw("\"");
        // What is there can be seen, however little it is.
        self.html
            .attribute("x", upper_left.0)
            .attribute("y", if height < 1 { bottom_right.1 - 1 } else { upper_left.1 })
            .attribute("width", width.max(1))
            .attribute("height", height.max(1))
            .raw("/>");
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        let Some(class) = Canvas::class(style.color()) else { return Ok(()) };
        self.html.raw("<polyline class=\"stroke ").raw(class).raw("\" points=\"");
        self.points(path);
        self.html.raw("\"/>");
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        center: BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let Some(class) = Canvas::class(style.color()) else { return Ok(()) };
        self.html.raw("<circle class=\"").raw(if fill { "fill " } else { "stroke " }).raw(class).raw("\"");
        self.html.attribute("cx", center.0).attribute("cy", center.1).attribute("r", radius).raw("/>");
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        vert: I,
        style: &S,
    ) -> Drawn {
        let Some(class) = Canvas::class(style.color()) else { return Ok(()) };
        self.html.raw("<polygon class=\"fill ").raw(class).raw("\" points=\"");
        self.points(vert);
        self.html.raw("\"/>");
        Ok(())
    }

    fn draw_text<TStyle: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &TStyle,
        pos: BackendCoord,
    ) -> Drawn {
        let Some(class) = Canvas::class(style.color()) else { return Ok(()) };
        let anchor = match style.anchor().h_pos {
            HPos::Left => "start",
            HPos::Center => "middle",
            HPos::Right => "end",
        };
        // From the place that is meant to the line on which letters stand.
        let down = match style.anchor().v_pos {
            VPos::Top => ".76em",
            VPos::Center => ".36em",
            VPos::Bottom => "0",
        };
        self.html.raw("<text class=\"fill ").raw(class).raw("\"");
        self.html
            .attribute("x", pos.0)
            .attribute("y", pos.1)
            .attribute("dy", down)
            .attribute("text-anchor", anchor)
            .attribute("font-size", style.size())
            .raw(">")
            .text(text)
            .raw("</text>");
        Ok(())
    }

    fn estimate_text_size<TStyle: BackendTextStyle>(
        &self,
        text: &str,
        style: &TStyle,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        let size = style.size().round() as u32;
        Ok((width_of(text, size), size))
    }
}
