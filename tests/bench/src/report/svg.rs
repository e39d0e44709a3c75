//! Plots as SVG, by hand: groups of bars, and lines on logarithmic scales. Background and text have their own colours, so
//! that they can be read on a light page and on a dark one.

use std::fmt::Write as _;

/// Bars that belong together, one a series at most.
#[derive(Debug)]
pub struct Bars {
    pub label: String,
    /// The number of the series, and the value.
    pub values: Vec<(usize, f64)>,
}

/// Points in order.
#[derive(Debug)]
pub struct Line {
    pub label: String,
    pub points: Vec<(f64, f64)>,
}

const WIDTH: f64 = 860.0;
/// Left of the bars, for their names.
const LEFT: f64 = 210.0;
/// Right of the longest bar, for its value.
const RIGHT: f64 = 90.0;
const BAR: f64 = 15.0;
const HEAD: f64 = 64.0;
/// Colours that people who see few of them tell apart (Okabe and Ito), dark enough for white.
const COLOURS: [&str; 7] = ["#5f6b7a", "#0072b2", "#d55e00", "#007a5a", "#a03f77", "#8a6d00", "#333333"];

/// Horizontal bars in groups, from zero.
pub fn bars(title: &str, series: &[&str], groups: &[Bars]) -> String {
    let all = groups.iter().flat_map(|group| &group.values);
    let most = all.map(|(_, value)| *value).fold(f64::MIN_POSITIVE, f64::max);
    let mut body = legend(series);
    let mut y = HEAD;
    for group in groups {
        let height = group.values.len() as f64 * BAR;
        body.push_str(&text(LEFT - 8.0, y + height / 2.0 + 4.0, "end", &group.label));
        for (place, value) in &group.values {
            let width = value / most * (WIDTH - LEFT - RIGHT);
            let _ = writeln!(
                body,
                r#"<rect x="{LEFT}" y="{:.1}" width="{width:.1}" height="{:.1}" fill="{}"/>"#,
                y + 1.0,
                BAR - 2.0,
                colour(*place)
            );
            body.push_str(&text(LEFT + width + 5.0, y + BAR - 4.0, "start", &short(*value)));
            y += BAR;
        }
        y += BAR * 0.8;
    }
    page(title, y, &body)
}

/// Lines with a mark at every point; both scales are logarithmic.
pub fn lines(title: &str, across: &str, up: &str, lines: &[Line]) -> String {
    const HEIGHT: f64 = 420.0;
    let points = || lines.iter().flat_map(|line| &line.points);
    let horizontal = Scale::over(points().map(|point| point.0), 80.0, WIDTH - 30.0);
    let vertical = Scale::over(points().map(|point| point.1), HEIGHT - 50.0, HEAD + 10.0);
    let labels: Vec<_> = lines.iter().map(|line| line.label.as_str()).collect();
    let mut body = legend(&labels);
    for value in horizontal.ticks() {
        let x = horizontal.at(value);
        let _ =
            writeln!(body, r##"<path d="M{x:.1} {:.1}V{:.1}" stroke="#ddd"/>"##, vertical.from, vertical.to);
        body.push_str(&text(x, vertical.from + 18.0, "middle", &short(value)));
    }
    for value in vertical.ticks() {
        let y = vertical.at(value);
        let _ = writeln!(
            body,
            r##"<path d="M{:.1} {y:.1}H{:.1}" stroke="#ddd"/>"##,
            horizontal.from, horizontal.to
        );
        body.push_str(&text(horizontal.from - 6.0, y + 4.0, "end", &short(value)));
    }
    for (place, line) in lines.iter().enumerate() {
        let mut path = String::new();
        for (x, y) in line.points.iter().map(|(x, y)| (horizontal.at(*x), vertical.at(*y))) {
            let _ = write!(path, "{}{x:.1} {y:.1}", if path.is_empty() { 'M' } else { 'L' });
            let _ = writeln!(body, r#"<circle cx="{x:.1}" cy="{y:.1}" r="3.5" fill="{}"/>"#, colour(place));
        }
        let _ =
            writeln!(body, r#"<path d="{path}" fill="none" stroke="{}" stroke-width="2"/>"#, colour(place));
    }
    body.push_str(&text(WIDTH / 2.0, HEIGHT - 10.0, "middle", across));
    body.push_str(&text(12.0, HEAD, "start", up));
    page(title, HEIGHT, &body)
}

/// A logarithmic scale between two places, over whole steps of 1, 2, 5, 10.
struct Scale {
    from: f64,
    to: f64,
    least: f64,
    most: f64,
}

impl Scale {
    fn over(values: impl Iterator<Item = f64>, from: f64, to: f64) -> Self {
        let (least, most) = values
            .filter(|value| *value > 0.0)
            .fold((f64::MAX, f64::MIN_POSITIVE), |(least, most), value| (least.min(value), most.max(value)));
        match least <= most {
            true => Self { from, to, least: least * 0.9, most: most * 1.1 },
            false => Self { from, to, least: 1.0, most: 10.0 },
        }
    }

    fn at(&self, value: f64) -> f64 {
        let part = (value.max(self.least) / self.least).ln() / (self.most / self.least).ln();
        self.from + part * (self.to - self.from)
    }

    fn ticks(&self) -> impl Iterator<Item = f64> {
        let steps = (-3..10).flat_map(|power| [1.0, 2.0, 5.0].map(|step| step * 10_f64.powi(power)));
        steps.filter(|value| (self.least..=self.most).contains(value))
    }
}

fn legend(series: &[&str]) -> String {
    let mut body = String::new();
    let mut x = 12.0;
    for (place, name) in series.iter().enumerate() {
        let _ =
            writeln!(body, r#"<rect x="{x:.1}" y="36" width="11" height="11" fill="{}"/>"#, colour(place));
        body.push_str(&text(x + 16.0, 46.0, "start", name));
        x += 34.0 + name.chars().count() as f64 * 6.6;
    }
    body
}

fn page(title: &str, height: f64, body: &str) -> String {
    let name = escape(title);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" width=\"{WIDTH}\" \
         height=\"{height:.0}\" role=\"img\" aria-label=\"{name}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <text x=\"12\" y=\"22\" font-size=\"15\" font-weight=\"bold\" fill=\"#1f2328\">{name}</text>\n{body}</svg>\n"
    )
}

fn text(x: f64, y: f64, anchor: &str, words: &str) -> String {
    let words = escape(words);
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"#1f2328\">{words}</text>\n")
}

fn colour(place: usize) -> &'static str {
    COLOURS.get(place % COLOURS.len()).copied().unwrap_or("#000000")
}

/// A number as a label has it: three digits are enough.
fn short(value: f64) -> String {
    match value {
        _ if value >= 99.95 => format!("{value:.0}"),
        _ if value >= 9.995 => format!("{value:.1}").trim_end_matches(".0").to_owned(),
        _ => format!("{value:.2}").trim_end_matches('0').trim_end_matches('.').to_owned(),
    }
}

/// What XML would read otherwise.
fn escape(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_cannot_become_markup() {
        let groups = [Bars { label: "a<b & \"c\"".to_owned(), values: vec![(0, 1.0)] }];
        let plot = bars("x > y", &["</svg>"], &groups);
        assert!(plot.contains("a&lt;b &amp; &quot;c&quot;") && plot.contains("x &gt; y"), "{plot}");
        assert_eq!(plot.matches("</svg>").count(), 1);
    }

    #[test]
    fn the_longest_bar_is_as_long_as_there_is_room() {
        let groups = [Bars { label: String::new(), values: vec![(0, 50.0), (1, 100.0)] }];
        let plot = bars("t", &["a", "b"], &groups);
        assert!(plot.contains("width=\"280.0\"") && plot.contains("width=\"560.0\""), "{plot}");
    }

    #[test]
    fn nothing_to_show_is_no_error() {
        assert!(!lines("t", "x", "y", &[]).contains("NaN"));
        assert!(!bars("t", &[], &[]).contains("NaN"));
        let one = Line { label: "one".to_owned(), points: vec![(5.0, 5.0)] };
        assert!(!lines("t", "x", "y", &[one]).contains("NaN"));
    }

    #[test]
    fn scales_are_marked_at_round_numbers() {
        let scale = Scale::over([9.0, 600.0].into_iter(), 0.0, 100.0);
        assert_eq!(scale.ticks().collect::<Vec<_>>(), [10.0, 20.0, 50.0, 100.0, 200.0, 500.0]);
        assert!(scale.at(9.0) > 0.0 && scale.at(600.0) < 100.0);
    }

    #[test]
    fn labels_are_short() {
        assert_eq!([0.5, 1.25, 12.0, 99.97, 1234.5].map(short), ["0.5", "1.25", "12", "100", "1234"]);
    }
}
