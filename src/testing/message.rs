//! What is in a message, held against what a test says of it.

use crate::language::ast::{ExpectedBody, ExpectedValue};
use crate::model::template::{Component, Parameter};
use crate::model::{SendJob, TemplateMessage};

/// What of a message is not as it is expected, a line each.
pub(super) fn differences(job: &SendJob, expected: &[ExpectedValue]) -> Vec<String> {
    expected.iter().flat_map(|value| difference(job, value)).collect()
}

fn difference(job: &SendJob, expected: &ExpectedValue) -> Vec<String> {
    match expected {
        ExpectedValue::Template(name) => {
            differs("template", &name.node, job.content.template().map(|template| &*template.name))
        }
        ExpectedValue::Language(code) => {
            differs("language", &code.node, job.content.template().map(|template| &*template.language.code))
        }
        ExpectedValue::Header(text) => {
            let header = components(job).iter().find_map(|component| match component {
                Component::Header { parameters } => parameters.first().map(text_of),
                _ => None,
            });
            differs("header", &text.node, header)
        }
        ExpectedValue::Button { index, value } => {
            let wanted = index.node.to_string();
            let button = components(job).iter().find_map(|component| match component {
                Component::Button { index, parameters, .. } if *index == wanted => {
                    parameters.first().map(text_of)
                }
                _ => None,
            });
            differs(&format!("button {wanted}"), &value.node, button)
        }
        ExpectedValue::Body(values) => body(job, values),
    }
}

/// The parts of a job's template; a message that is none has none.
fn components(job: &SendJob) -> &[Component] {
    job.content.template().map_or(&[], |template: &TemplateMessage| &template.components)
}

fn body(job: &SendJob, expected: &[ExpectedBody]) -> Vec<String> {
    let parameters: &[Parameter] = components(job)
        .iter()
        .find_map(|component| match component {
            Component::Body { parameters } => Some(parameters.as_slice()),
            _ => None,
        })
        .unwrap_or_default();
    let mut found = Vec::new();
    let positional = expected.iter().filter(|value| value.name.is_none()).count();
    for (place, value) in expected.iter().enumerate() {
        match &value.name {
            Some(name) => {
                let parameter = parameters.iter().find(|parameter| name_of(parameter) == Some(&name.node));
                found.extend(differs(
                    &format!("body {}", name.node),
                    &value.value.node,
                    parameter.map(text_of),
                ));
            }
            None => {
                let parameter = parameters.get(place).map(text_of);
                found.extend(differs(&format!("body value {}", place + 1), &value.value.node, parameter));
            }
        }
    }
    if positional > 0 && parameters.len() > expected.len() {
        let more: Vec<String> = parameters
            .iter()
            .skip(expected.len())
            .map(|parameter| format!("{:?}", text_of(parameter)))
            .collect();
        found.push(format!("the body has {} values, also {}", parameters.len(), more.join(", ")));
    }
    found
}

fn differs(what: &str, expected: &str, found: Option<&str>) -> Vec<String> {
    match found {
        Some(found) if found == expected => Vec::new(),
        Some(found) => vec![format!("{what} is {found:?}, expected {expected:?}")],
        None => vec![format!("there is no {what}, expected {expected:?}")],
    }
}

fn name_of(parameter: &Parameter) -> Option<&str> {
    match parameter {
        Parameter::Text { parameter_name, .. }
        | Parameter::Currency { parameter_name, .. }
        | Parameter::DateTime { parameter_name, .. } => parameter_name.as_deref(),
        _ => None,
    }
}

/// A parameter's text, or its address.
fn text_of(parameter: &Parameter) -> &str {
    match parameter {
        Parameter::Text { text, .. } => text,
        Parameter::Image { image } => &image.link,
        Parameter::Video { video } => &video.link,
        Parameter::Document { document } => &document.link,
        Parameter::Payload { payload } => payload,
        Parameter::CouponCode { coupon_code } => coupon_code,
        Parameter::Currency { currency, .. } => &currency.fallback_value,
        Parameter::DateTime { date_time, .. } => &date_time.fallback_value,
        Parameter::Product { product } => &product.product_retailer_id,
        Parameter::Action { action } => action
            .thumbnail_product_retailer_id
            .as_deref()
            .or(action.flow_token.as_deref())
            .unwrap_or_default(),
        Parameter::Location { location } => location.name.as_deref().unwrap_or_default(),
        Parameter::LimitedTimeOffer { .. } => "",
    }
}
