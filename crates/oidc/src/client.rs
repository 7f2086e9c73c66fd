//! A client of one provider: begins sign-ins and ends them.
//!
//! In: what the operator says (`Settings`), the browser's cookie and what stands in the address with which the provider
//! sent it back. Out: where to send a browser, and whom it brought. The provider's document and keys are fetched when
//! somebody wants to sign in, and kept for an hour.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use data_encoding::BASE64;
use serde_json::Value;

use crate::error::{Error, ErrorKind};
use crate::flow::Flows;
use crate::form::{encoded, form, only};
use crate::http::{Http, code_of, is_allowed};
use crate::keys::Keys;
use crate::limits::{
    FAILED_SECONDS, GROUPS_MAX, KEYS_AGAIN_SECONDS, KNOWN_SECONDS, QUERY_BYTES_MAX, TEXT_BYTES_MAX,
};
use crate::provider::{Provider, SecretGoes, document_of};
use crate::token::{Claims, Expected, Fault, check, text};

/// What the operator says of the provider.
pub struct Settings {
    /// As it calls itself: `https://login.example.com/realms/one`.
    pub issuer: String,
    pub client_id: String,
    /// None for a client that can keep no secret.
    pub secret: Option<String>,
    /// Where the provider sends browsers back to.
    pub redirect: String,
    /// Asked for besides `openid`, `email` and `profile`.
    pub scopes: Vec<String>,
    /// The claim that lists a person's groups.
    pub groups_claim: String,
    /// The claim that is a person's name, where the provider lets nobody choose theirs.
    pub name_claim: Option<String>,
    /// Certificates in PEM that are trusted instead of the public authorities'.
    pub authorities: Option<Vec<u8>>,
}

pub struct Client {
    settings: Settings,
    http: Http,
    flows: Flows,
    known: Mutex<Known>,
}

/// What was fetched, each with when that was.
#[derive(Default)]
struct Known {
    provider: Option<(Arc<Provider>, u64)>,
    keys: Option<(Arc<Keys>, u64)>,
    /// When keys were asked for again because of a token that names an unknown one.
    again: Option<u64>,
    failed: Option<(Error, u64)>,
}

/// A sign-in that has begun.
pub struct Begun {
    /// What the browser keeps meanwhile, for `limits::FLOW_SECONDS`.
    pub cookie: String,
    /// Where it goes.
    pub address: String,
}

/// Whoever signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub issuer: String,
    /// What the provider calls them, and nobody else ever.
    pub subject: String,
    /// In small letters, and only if the provider has verified it.
    pub email: Option<String>,
    pub groups: Vec<String>,
    /// By the claim that the settings name.
    pub name: Option<String>,
}

impl Client {
    /// Asks nobody anything yet.
    pub fn new(settings: Settings) -> Result<Client, Error> {
        for (what, address) in [
            ("issuer", &settings.issuer),
            ("redirect", &settings.redirect),
        ] {
            if !is_allowed(address) || address.contains('?') {
                return Err(Error::settings(format!(
                    "the {what} `{}` is none: expected an address that begins with `https://` (`http://` is for \
                     this machine alone)",
                    address.escape_debug()
                )));
            }
        }
        if settings.client_id.is_empty() {
            return Err(Error::settings("the client's id is empty"));
        }
        let is_scope = |scope: &String| {
            let fits = |byte| matches!(byte, b'!' | b'#'..=b'[' | b']'..=b'~');
            !scope.is_empty() && scope.bytes().all(fits)
        };
        if let Some(scope) = settings.scopes.iter().find(|scope| !is_scope(scope)) {
            return Err(Error::settings(format!(
                "`{}` is no scope",
                scope.escape_debug()
            )));
        }
        Ok(Client {
            http: Http::new(settings.authorities.as_deref())?,
            flows: Flows::new()?,
            known: Mutex::default(),
            settings,
        })
    }

    /// Begins a sign-in. `now` is in seconds since 1970, here and below.
    pub fn begin(&self, now: u64) -> Result<Begun, Error> {
        let provider = self.provider(now)?;
        let cookie = self.flows.begin(now)?;
        let mut scopes = vec!["openid", "email", "profile"];
        scopes.extend(self.settings.scopes.iter().map(String::as_str));
        let asked = form(&[
            ("response_type", "code"),
            ("client_id", &self.settings.client_id),
            ("redirect_uri", &self.settings.redirect),
            ("scope", &scopes.join(" ")),
            ("state", &self.flows.state(&cookie)),
            ("nonce", &self.flows.nonce(&cookie)),
            ("code_challenge", &self.flows.challenge(&cookie)),
            ("code_challenge_method", "S256"),
        ]);
        let joint = match provider.authorization.contains('?') {
            true => '&',
            false => '?',
        };
        Ok(Begun {
            address: format!("{}{joint}{asked}", provider.authorization),
            cookie,
        })
    }

    /// Ends a sign-in: `cookie` is the browser's, `query` what stands behind the `?` of the address to which the
    /// provider sent it back.
    pub fn finish(&self, cookie: &str, query: &str, now: u64) -> Result<Person, Error> {
        if query.len() > QUERY_BYTES_MAX {
            return Err(Error::refused("what the browser brings back is too long"));
        }
        let state = only(query, "state").unwrap_or_default();
        self.flows.answers(cookie, &state, now)?;
        if let Some(code) = only(query, "error") {
            return Err(Error::refused(format!(
                "the provider lets nobody in ({})",
                code_of(&code)
            )));
        }
        let Some(code) = only(query, "code").filter(|code| !code.is_empty()) else {
            return Err(Error::refused("the browser brings back no code"));
        };
        self.flows.spend(cookie, now)?;
        let provider = self.provider(now)?;
        match only(query, "iss") {
            Some(issuer) if issuer != provider.issuer => {
                return Err(Error::refused(
                    "another provider sent this browser back (`iss`)",
                ));
            }
            None if provider.says_issuer => {
                return Err(Error::refused(
                    "nobody says which provider sent this browser back (`iss`)",
                ));
            }
            _ => {}
        }
        let answer = self.exchange(&provider, &code, cookie)?;
        let Some(token) = answer["id_token"].as_str() else {
            return Err(Error::provider("the provider gave no identity token"));
        };
        let nonce = self.flows.nonce(cookie);
        let claims = self.believed(&provider, token, &nonce, now)?;
        let more = self.more(&provider, &claims, &answer)?;
        Ok(self.person(&provider, &claims, &more))
    }

    /// Asks the provider about itself, so that what is wrong with that is known before anybody wants to sign in.
    pub fn look(&self, now: u64) -> Result<(), Error> {
        let provider = self.provider(now)?;
        self.keys(&provider, now).map(|_| ())
    }

    fn exchange(&self, provider: &Provider, code: &str, cookie: &str) -> Result<Value, Error> {
        let Settings {
            client_id,
            secret,
            redirect,
            ..
        } = &self.settings;
        let verifier = self.flows.verifier(cookie);
        let mut pairs = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect),
            ("code_verifier", &verifier),
        ];
        let mut authorization = None;
        match (secret, provider.secret_goes) {
            (Some(secret), SecretGoes::InTheHeader) => {
                let both = format!("{}:{}", encoded(client_id), encoded(secret));
                authorization = Some(format!("Basic {}", BASE64.encode(both.as_bytes())));
            }
            (Some(secret), SecretGoes::InTheForm) => {
                pairs.extend([("client_id", client_id.as_str()), ("client_secret", secret)]);
            }
            (None, _) => pairs.push(("client_id", client_id)),
        }
        self.http
            .post(&provider.token, authorization.as_deref(), &form(&pairs))
    }

    /// The claims of a token; where it names a key that is not known, keys are fetched again, now and then.
    fn believed(
        &self,
        provider: &Provider,
        token: &str,
        nonce: &str,
        now: u64,
    ) -> Result<Claims, Error> {
        let expected = Expected {
            issuer: &provider.issuer,
            client_id: &self.settings.client_id,
            nonce,
            now,
        };
        let keys = self.keys(provider, now)?;
        let mut found = check(token, &keys, &expected);
        if found == Err(Fault::UnknownKey)
            && let Some(keys) = self.keys_again(provider, now)?
        {
            found = check(token, &keys, &expected);
        }
        found.map_err(|fault| match fault {
            Fault::UnknownKey => {
                Error::refused("the identity token names a key that the provider does not have")
            }
            Fault::Wrong(why) => Error::refused(format!("the identity token {why}")),
        })
    }

    /// What the provider says of the person besides the token, where that leaves something out: some keep tokens short.
    fn more(&self, provider: &Provider, claims: &Claims, answer: &Value) -> Result<Claims, Error> {
        let wanted = [
            Some("email"),
            Some(&*self.settings.groups_claim),
            self.settings.name_claim.as_deref(),
        ];
        let is_whole = wanted
            .iter()
            .flatten()
            .all(|name| claims.contains_key(*name));
        let (Some(address), Some(token), false) = (
            &provider.userinfo,
            answer["access_token"].as_str(),
            is_whole,
        ) else {
            return Ok(Claims::new());
        };
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::provider("the provider's access token is none"));
        }
        match self.http.get(address, Some(token))? {
            // Whoever answers with somebody else has mixed two people up.
            Value::Object(more) if text(&more, "sub") == text(claims, "sub") => Ok(more),
            _ => Err(Error::refused("the provider speaks of two people (`sub`)")),
        }
    }

    fn person(&self, provider: &Provider, claims: &Claims, more: &Claims) -> Person {
        // Email and whether it is verified are said in one breath, or it is not believed.
        let email = |said: &Claims| {
            let verified = match said.get("email_verified") {
                Some(Value::Bool(yes)) => *yes,
                // As some write it.
                Some(Value::String(yes)) => yes == "true",
                _ => false,
            };
            let is_one = |text: &&str| {
                let fits = text.len() <= TEXT_BYTES_MAX
                    && text.bytes().all(|byte| byte.is_ascii_graphic());
                fits && text.matches('@').count() == 1
            };
            let email = text(said, "email").filter(is_one)?;
            verified.then(|| email.to_ascii_lowercase())
        };
        let either = |name: &str| claims.get(name).or_else(|| more.get(name));
        let mut groups: Vec<String> = match either(&self.settings.groups_claim) {
            Some(Value::String(one)) => vec![one.clone()],
            Some(Value::Array(all)) => {
                let texts = all.iter().filter_map(Value::as_str);
                texts.take(GROUPS_MAX).map(str::to_owned).collect()
            }
            _ => Vec::new(),
        };
        groups.retain(|group| !group.is_empty() && group.len() <= TEXT_BYTES_MAX);
        let name = self.settings.name_claim.as_deref().and_then(either);
        let name = name.and_then(Value::as_str);
        Person {
            issuer: provider.issuer.clone(),
            subject: text(claims, "sub").unwrap_or_default().to_owned(),
            email: email(claims).or_else(|| email(more)),
            groups,
            name: name
                .filter(|name| !name.is_empty() && name.len() <= TEXT_BYTES_MAX)
                .map(str::to_owned),
        }
    }

    fn provider(&self, now: u64) -> Result<Arc<Provider>, Error> {
        let mut known = self.known();
        if let Some((provider, at)) = &known.provider
            && now.abs_diff(*at) < KNOWN_SECONDS
        {
            return Ok(provider.clone());
        }
        self.patiently(&mut known, now, |known| {
            let document = self.http.get(&document_of(&self.settings.issuer), None)?;
            let provider = Arc::new(Provider::read(&document, &self.settings.issuer)?);
            known.provider = Some((provider.clone(), now));
            Ok(provider)
        })
    }

    fn keys(&self, provider: &Provider, now: u64) -> Result<Arc<Keys>, Error> {
        let mut known = self.known();
        if let Some((keys, at)) = &known.keys
            && now.abs_diff(*at) < KNOWN_SECONDS
        {
            return Ok(keys.clone());
        }
        self.patiently(&mut known, now, |known| {
            self.fetch_keys(provider, known, now)
        })
    }

    /// Nothing where that was done a moment ago.
    fn keys_again(&self, provider: &Provider, now: u64) -> Result<Option<Arc<Keys>>, Error> {
        let mut known = self.known();
        if known
            .again
            .is_some_and(|at| now.abs_diff(at) < KEYS_AGAIN_SECONDS)
        {
            return Ok(None);
        }
        known.again = Some(now);
        self.fetch_keys(provider, &mut known, now).map(Some)
    }

    fn fetch_keys(
        &self,
        provider: &Provider,
        known: &mut Known,
        now: u64,
    ) -> Result<Arc<Keys>, Error> {
        let keys = Arc::new(Keys::read(&self.http.get(&provider.keys, None)?)?);
        known.keys = Some((keys.clone(), now));
        Ok(keys)
    }

    /// A provider that did not answer is left alone for a while: whoever comes then is told the same.
    fn patiently<T>(
        &self,
        known: &mut Known,
        now: u64,
        ask: impl FnOnce(&mut Known) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if let Some((error, at)) = &known.failed
            && now.abs_diff(*at) < FAILED_SECONDS
        {
            return Err(error.clone());
        }
        let answer = ask(known);
        known.failed = match &answer {
            Err(error) if error.kind() == ErrorKind::Provider => Some((error.clone(), now)),
            _ => None,
        };
        answer
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Whoever panicked while holding it left whole values behind: each is put there in one step.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
