//! The rules by name, and what is said when one is broken.
//!
//! A [`Rule`] has a name that people quote (`C29-2-E`), the place in the law or the practice that it comes
//! from, and one sentence of meaning. A [`Fault`] is one breach: which rule, in which field, what is wrong,
//! and what mends it. An [`Advice`] has the same shape, and never blocks. [`Faults`] is never empty: an
//! operation either succeeds or says at least one thing that went wrong, and it says all of them at once.

mod fault;

pub use fault::{Advice, Fault, Faults};

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Builds [`Rule`] and its three tables from one list, so that no rule can lack a name, a source or a
/// meaning.
macro_rules! rules {
    ($($(#[$doc:meta])* $variant:ident, $name:literal, $source:literal, $meaning:literal;)*) => {
        /// A rule that messages are held to. The names are those of the domain's description.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            $(#[doc = concat!("`[", $name, "]` ", $source, ": ", $meaning)] $variant,)*
        }

        impl Rule {
            /// Every rule, in the order of the articles.
            pub const ALL: &'static [Rule] = &[$(Rule::$variant),*];

            /// The name that people quote and that code and tests cite, without brackets: `C29-2-E`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Rule::$variant => $name),* }
            }

            /// Where the rule comes from, as a lawyer would cite it: `Article 29(2)(e)`.
            #[must_use]
            pub const fn source(self) -> &'static str {
                match self { $(Rule::$variant => $source),* }
            }

            /// What the rule asks, in one sentence.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Rule::$variant => $meaning),* }
            }
        }
    };
}

rules! {
    C16_2, "C16-2", "Article 16(2)",
        "One domestic preservation order lasts at most 90 days; it can be renewed.";
    C25_4, "C25-4", "Article 25(4)",
        "Mutual assistance is subject to the domestic law of the requested Party and to treaties, grounds \
         for refusal among them.";
    C26_1, "C26-1", "Article 26(1)",
        "Information is forwarded without prior request where it might assist investigations, or lead to a \
         request for cooperation.";
    C26_2, "C26-2", "Article 26(2)",
        "Content of spontaneous information under conditions is sent only after the conditions were \
         accepted; acceptance binds.";
    C27_4, "C27-4", "Article 27(4)",
        "Mutual assistance is refused only because (a) the offence is political or connected with a \
         political offence, (b) execution would prejudice sovereignty, security, ordre public or other \
         essential interests, or on the grounds of domestic law or treaty (Article 25(4)).";
    C27_5, "C27-5", "Article 27(5)",
        "Action on a request is postponed where it would prejudice the requested Party's own criminal \
         investigations or proceedings.";
    C27_6, "C27-6", "Article 27(6)",
        "Before refusing or postponing, the requested Party considers whether the request can be granted \
         partially or under conditions.";
    C27_7, "C27-7", "Article 27(7)",
        "Reasons are given for any refusal or postponement, and for what makes execution impossible.";
    C27_9, "C27-9", "Article 27(9)(a)",
        "An urgent request that goes directly from one judicial authority to another goes in copy to both \
         central authorities.";
    C27_9C, "C27-9-C", "Article 27(9)(c)",
        "A request that reached an authority that is not competent is referred to the competent one, and the \
         requesting Party is told which.";
    C28_2, "C28-2", "Article 28(2)",
        "The supply of information can be made dependent on confidentiality, or on its not being used for \
         other investigations or proceedings.";
    C28_3, "C28-3", "Article 28(3)",
        "A Party that cannot comply with a condition says so promptly; a Party that accepts one is bound by \
         it.";
    C29_1, "C29-1", "Article 29(1)",
        "The data must be in the requested Party's territory, as far as the sender knows.";
    C29_2A, "C29-2-A", "Article 29(2)(a)",
        "The request names the authority that seeks the preservation: contact point, officer, and the \
         authority on whose behalf it is sent, with its case number.";
    C29_2B, "C29-2-B", "Article 29(2)(b)",
        "The request states the offence under investigation, the provisions, the penalty, and a brief \
         summary of the facts.";
    C29_2C, "C29-2-C", "Article 29(2)(c)",
        "The request states the stored computer data to be preserved and its relationship to the offence.";
    C29_2D, "C29-2-D", "Article 29(2)(d)",
        "The request gives any available information on the custodian or the location of the system; \
         it may say that there is none, but it must say so.";
    C29_2E, "C29-2-E", "Article 29(2)(e)",
        "The request states why the preservation is necessary.";
    C29_2F, "C29-2-F", "Article 29(2)(f)",
        "The request states that the Party intends to submit a request for mutual assistance.";
    C29_3, "C29-3", "Article 29(3)",
        "Dual criminality is never a condition of preservation, save under Article 29(4).";
    C29_4, "C29-4", "Article 29(4)",
        "A preservation is refused for want of dual criminality only by a Party that made the reservation, \
         only for an offence outside Articles 2 to 11, and only where it believes that the condition will \
         fail at disclosure.";
    C29_5, "C29-5", "Article 29(5)",
        "A preservation request is refused only because (a) the offence is political or connected with a \
         political offence, or (b) execution would prejudice sovereignty, security, ordre public or other \
         essential interests.";
    C29_6, "C29-6", "Article 29(6)",
        "Where preservation will not ensure the availability of the data, or threatens the confidentiality \
         of the investigation or otherwise prejudices it, the requesting Party is told, and decides.";
    C29_7, "C29-7", "Article 29(7)",
        "A preservation lasts at least 60 days; it has no end date only once the mutual assistance request \
         is in, until there is a decision on it.";
    C30_1, "C30-1", "Article 30(1)",
        "Enough traffic data is disclosed to identify the other service provider and the path of the \
         communication.";
    C30_2, "C30-2", "Article 30(2)",
        "Disclosure of traffic data is withheld only on the two grounds of Article 30(2): political offence, \
         or essential interests.";
    C31, "C31", "Articles 31, 33 and 34, T-CY(2018)10",
        "A request for mutual assistance says under which article, on whose behalf, for which offence, which \
         data, and what shall be done with them; what is disclosed is listed so that it can be checked.";
    C35_1, "C35-1", "Article 35(1)",
        "Contact points give technical advice and legal information, locate suspects and collect what is \
         needed as proof, where domestic law and practice permit it.";
    P2_9, "2AP-9", "Second Additional Protocol, Article 9 (wording unverified, advice only)",
        "A request for emergency disclosure shows a significant and imminent risk to life or safety, and \
         names the provider, the data and the offence.";
    P2_10, "2AP-10", "Second Additional Protocol, Article 10 (wording unverified, advice only)",
        "A request for emergency mutual assistance shows the facts of the emergency, and how the assistance \
         bears on it.";
    TimeBoth, "TIME-BOTH", "checklist of 2009, point 4",
        "A time says in which zone it was, so that local time and UTC can both be shown.";
    Checklist, "CHECKLIST", "checklist of 2009",
        "What contact points agreed at Ohrid that a preservation request should say.";
    Template, "TEMPLATE", "T-CY(2018)11",
        "What the T-CY's template for preservation requests asks beyond the Convention.";
    ProfilePreflight, "PROFILE-PREFLIGHT", "party profile",
        "What the other Party has declared that it accepts and needs.";
    CaseState, "CASE-STATE", "the case",
        "A message must make sense in the state that the case is in.";
    CaseRole, "CASE-ROLE", "the case",
        "Each kind of message comes from one side of a case, and goes to the other.";
    Drill, "DRILL", "network practice",
        "A drill says that it is one, and asks for nothing but a sign that somebody is there.";
    Request, "REQUEST", "Articles 25 and 35",
        "A request says who asks, on whose behalf, and for what.";
    Answer, "ANSWER", "Article 35",
        "An answer says what the other side needs to go on: who, under which reference, and what \
         happens next.";
    FourEyes, "FOUR-EYES", "policy of the node",
        "A second officer approves what the policy names; the approver is not the author, and both are \
         recorded.";
    Related, "RELATED", "the case",
        "The selectors of a request are compared, in one spelling, with those of one's own other cases.";
    CaseNumber, "CASE-NUMBER", "the case",
        "The number of a case names the Party that opened it, and has check characters that fit.";
    Form, "FORM", "the form",
        "A document has the fields of its form, each of its type, and no others.";
    Language, "LANGUAGE", "the form",
        "Free text says in which language it is (BCP 47).";
    Limits, "LIMITS", "the form",
        "Texts and lists have a greatest length, and no control characters.";
}

impl Rule {
    /// The rule under which a part shared by several kinds of message is held, where it stands in a message
    /// that is not a preservation request: what Article 29(2) demands, the given rule demands there.
    #[must_use]
    pub(crate) fn within(self, rule: Rule) -> Rule {
        match self {
            Rule::C29_1
            | Rule::C29_2A
            | Rule::C29_2B
            | Rule::C29_2C
            | Rule::C29_2D
            | Rule::C29_2E
            | Rule::C29_2F => rule,
            other => other,
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}]", self.name())
    }
}

/// There is no rule of that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no rule of that name")]
pub struct UnknownRule;

impl FromStr for Rule {
    type Err = UnknownRule;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        Self::ALL
            .iter()
            .copied()
            .find(|rule| rule.name() == bare)
            .ok_or(UnknownRule)
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Rule {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Rule".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> = Self::ALL.iter().map(|rule| rule.name()).collect();
        json_schema!({ "type": "string", "enum": names, "description": "The name of a rule." })
    }
}

#[cfg(test)]
mod tests;
