//! Why a request is not answered, as a status and a JSON document.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::{HeaderValue, RETRY_AFTER};
use axum::response::{IntoResponse, Response};

use super::wire::{Refusal as Document, RefusalText};

#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    message: String,
    hint: Option<String>,
    /// Seconds after which it makes sense to ask again.
    again_in: Option<u64>,
}

pub type Answer<T> = Result<T, Refusal>;

impl Refusal {
    pub fn new(status: StatusCode, message: impl Into<String>) -> Refusal {
        Refusal {
            status,
            message: message.into(),
            hint: None,
            again_in: None,
        }
    }

    pub fn bad(message: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::BAD_REQUEST, message)
    }

    pub fn not_found(message: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::NOT_FOUND, message)
    }

    pub fn forbidden(message: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::FORBIDDEN, message)
    }

    /// What is asked for does not go with how things stand.
    pub fn conflict(message: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::CONFLICT, message)
    }

    #[cfg(test)]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    pub fn message(&self) -> &str {
        &self.message
    }

    /// Says when it makes sense to ask again.
    pub fn again_in(mut self, seconds: u64) -> Refusal {
        self.again_in = Some(seconds);
        self
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Refusal {
        self.hint = Some(hint.into());
        self
    }
}

impl Refusal {
    /// The same on a page that says it in its own way.
    pub fn onto(self, page: Response) -> Response {
        dressed(page, self.status, self.again_in)
    }
}

fn dressed(mut response: Response, status: StatusCode, again_in: Option<u64>) -> Response {
    *response.status_mut() = status;
    if let Some(seconds) = again_in {
        let seconds = HeaderValue::from(seconds);
        response.headers_mut().insert(RETRY_AFTER, seconds);
    }
    response
}

impl From<anyhow::Error> for Refusal {
    fn from(error: anyhow::Error) -> Refusal {
        Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, format!("{error:#}"))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let document = Document {
            error: RefusalText {
                message: self.message,
                hint: self.hint,
            },
        };
        let status = self.status;
        dressed(Json(document).into_response(), status, self.again_in)
    }
}
