//! Where jobs and outcomes go.
#![cfg(test)]

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use campanile::model::template::{Component, Language, Parameter};
use campanile::model::{
    Category, Channel, Content, Instant, JobId, Outcome, OutcomeKind, SendJob, TemplateMessage, Trigger,
    TriggerKind, ZoneSource,
};
use campanile::sink::{MemorySink, NdjsonSink, OutcomeWriter, Sink, from_fn};

fn job(user: &str) -> SendJob {
    SendJob {
        id: JobId::new("cart_rescue", user, "e1"),
        campaign: "cart_rescue".into(),
        variant: "only".into(),
        user: user.into(),
        to: "+919820012345".into(),
        provider: None,
        channel: Channel::Whatsapp,
        category: Category::Marketing,
        due: Instant::from_seconds(1_793_700_000),
        not_after: Some(Instant::from_millis(1_793_700_000_500)),
        qualified_at: Instant::from_seconds(1_793_600_000),
        time_zone: "Asia/Kolkata".into(),
        time_zone_source: ZoneSource::Profile,
        unknown_time_zone: None,
        content: Content::Template(TemplateMessage {
            name: "cart_reminder".into(),
            language: Language { code: "en".into() },
            components: vec![Component::Body {
                parameters: vec![Parameter::Text { parameter_name: None, text: "Asha \"A\"\nß".to_owned() }],
            }],
        }),
        trigger: Trigger {
            kind: TriggerKind::Event,
            event: Some("Added to Cart".into()),
            event_id: Some("e1".into()),
            at: Instant::from_seconds(1_793_600_000),
        },
    }
}

fn outcome() -> Outcome {
    Outcome {
        campaign: "cart_rescue".into(),
        user: "asha".into(),
        occurrence: "e1".into(),
        qualified_at: Instant::from_seconds(0),
        decided_at: Instant::from_seconds(1),
        outcome: OutcomeKind::CapCampaign,
        detail: None,
        job: None,
    }
}

#[test]
fn jobs_are_one_line_each_in_the_order_of_the_fields() {
    let mut sink = NdjsonSink::new(Vec::new());
    sink.send(&job("asha")).unwrap();
    sink.send(&job("ravi")).unwrap();
    sink.finish().unwrap();
    let text = String::from_utf8(sink.into_inner().unwrap()).unwrap();
    let lines: Vec<&str> = text.split_terminator('\n').collect();
    assert_eq!(lines.len(), 2);
    let id = JobId::new("cart_rescue", "asha", "e1");
    assert_eq!(
        lines[0],
        format!(
            concat!(
                r#"{{"id":"{id}","campaign":"cart_rescue","variant":"only","user":"asha","to":"+919820012345","channel":"whatsapp","#,
                r#""category":"marketing","due":"2026-11-03T10:00:00Z","not_after":"2026-11-03T10:00:00.500Z","#,
                r#""qualified_at":"2026-11-02T06:13:20Z","time_zone":"Asia/Kolkata","time_zone_source":"profile","#,
                r#""template":{{"name":"cart_reminder","language":{{"code":"en"}},"components":[{{"type":"body","parameters":[{{"type":"text","text":"Asha \"A\"\nß"}}]}}]}},"#,
                r#""trigger":{{"kind":"event","event":"Added to Cart","event_id":"e1","at":"2026-11-02T06:13:20Z"}}}}"#,
            ),
            id = id
        )
    );
    assert_eq!(serde_json::from_str::<SendJob>(lines[1]).unwrap(), job("ravi"));
}

#[test]
fn outcomes_are_one_line_each() {
    let mut writer = OutcomeWriter::new(Vec::new());
    writer.write(&outcome()).unwrap();
    writer.flush().unwrap();
    assert_eq!(
        String::from_utf8(writer.into_inner().unwrap()).unwrap(),
        concat!(
            r#"{"campaign":"cart_rescue","user":"asha","occurrence":"e1","qualified_at":"1970-01-01T00:00:00Z","#,
            r#""decided_at":"1970-01-01T00:00:01Z","outcome":"cap_campaign"}"#,
            "\n"
        )
    );
}

#[test]
fn memory_keeps_jobs_in_order() {
    let mut sink = MemorySink::new();
    sink.send(&job("b")).unwrap();
    sink.send(&job("a")).unwrap();
    assert_eq!(sink.jobs(), [job("b"), job("a")]);
    assert_eq!(sink.into_jobs().len(), 2);
}

#[test]
fn a_closure_is_a_sink_and_its_error_comes_through() {
    let mut users = Vec::new();
    let mut sink = from_fn(|job| {
        if &*job.user == "bad" {
            return Err("refused");
        }
        users.push(job.user.clone());
        Ok(())
    });
    assert_eq!(sink.send(&job("asha")), Ok(()));
    assert_eq!(sink.send(&job("bad")), Err("refused"));
    assert_eq!(sink.finish(), Ok(()));
    assert_eq!(users, ["asha".into()]);
}

#[test]
fn borrowed_and_boxed_sinks_are_sinks() {
    fn send_one<S: Sink>(mut sink: S) -> Result<(), S::Error> {
        sink.send(&job("asha"))?;
        sink.finish()
    }
    let mut memory = MemorySink::new();
    send_one(&mut memory).unwrap();
    let boxed: Box<dyn Sink<Error = std::convert::Infallible> + '_> = Box::new(&mut memory);
    send_one(boxed).unwrap();
    assert_eq!(memory.jobs().len(), 2);
}

/// Takes so many bytes, then fails.
struct Failing {
    left: usize,
    kind: io::ErrorKind,
    written: Rc<RefCell<Vec<u8>>>,
}

impl Write for Failing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(self.kind.into());
        }
        let taken = bytes.len().min(self.left);
        self.left -= taken;
        self.written.borrow_mut().extend(bytes.iter().take(taken));
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_broken_pipe_is_told_from_other_failures() {
    for (kind, broken_pipe, words) in [
        (io::ErrorKind::BrokenPipe, true, "nobody reads the output any more"),
        (io::ErrorKind::StorageFull, false, "cannot write: no space left on the device"),
    ] {
        let written = Rc::default();
        let mut sink = NdjsonSink::new(Failing { left: 100, kind, written: Rc::clone(&written) });
        sink.send(&job("asha")).unwrap();
        let error = sink.finish().unwrap_err();
        assert_eq!((error.is_broken_pipe(), error.to_string()), (broken_pipe, words.to_owned()));
        assert_eq!(written.borrow().len(), 100);
    }
}

#[test]
fn what_was_sent_is_written_when_the_sink_is_let_go() {
    let written = Rc::default();
    let failing = Failing { left: usize::MAX, kind: io::ErrorKind::Other, written: Rc::clone(&written) };
    let mut sink = NdjsonSink::new(failing);
    sink.send(&job("asha")).unwrap();
    drop(sink);
    assert_eq!(written.borrow().last(), Some(&b'\n'));
}
