//! Every limit of this crate, in one place. Whoever changes one changes it for sending and for receiving.

/// The longest message, as JSON, or draft, as JSON or TOML, that is looked at, in bytes.
/// Files travel as attachments, never inside a message, so that a megabyte of words is ample.
pub const DOCUMENT_BYTES_MAX: usize = 1024 * 1024;

/// The longest free text, in characters.
pub const TEXT_CHARACTERS_MAX: usize = 20_000;

/// The longest name, reference, number or other single line, in characters.
pub const LINE_CHARACTERS_MAX: usize = 500;

/// The longest language tag, in characters; RFC 5646 section 4.4.1 asks for room for 35.
pub const LANGUAGE_CHARACTERS_MAX: usize = 35;

/// The longest time, as written in a draft or a message, in characters.
pub const TIME_CHARACTERS_MAX: usize = 128;

/// The first year of which times are read. Until January 1972 there were zones whose offset from UTC was no
/// whole number of minutes, which RFC 9557 cannot write: such a time would come back as another one.
pub const TIME_YEAR_MIN: i16 = 1973;

/// The most elements of one list: selectors, provisions, categories.
pub const LIST_ELEMENTS_MAX: usize = 500;

/// The most faults, and the most pieces of advice, that are listed for one document. A person mends the first
/// ones and asks again; a hostile document gets no more memory than this.
pub const FAULTS_MAX: usize = 200;

/// How much of a wrong word is repeated in a fault, in characters.
pub const QUOTED_CHARACTERS_MAX: usize = 80;

/// How many additional fields of one received message are kept by name. The document itself is kept whole.
pub const ADDITIONAL_FIELDS_MAX: usize = 200;

/// The longest summary of a message in a list, in characters.
pub const SUMMARY_CHARACTERS_MAX: usize = 200;

/// How many messages back an answer is followed, when the messages of a case are put into order. Answers to
/// answers go further back only where somebody wants them to.
pub const REPLY_CHAIN_MAX: usize = 64;

/// How much of a pasted log is read, in bytes.
pub const LOG_BYTES_MAX: usize = 8 * 1024 * 1024;

/// The most digits of the number of a case within a year.
pub const CASE_NUMBER_DIGITS_MAX: u32 = 8;

/// The most recipients of one message.
pub const RECIPIENTS_MAX: usize = 16;

/// The longest office name in a contact point, in characters.
pub const OFFICE_CHARACTERS_MAX: usize = 32;

/// `[C29-7]` The shortest preservation, in days.
pub const PRESERVATION_DAYS_MIN: i64 = 60;

/// `[C16-2]` The longest single domestic preservation order, in days.
pub const ORDER_DAYS_MAX: i64 = 90;
