//! Where the bodies of functions are. Only the outermost: a function inside another is part of its body.

use proc_macro2::LineColumn;
use syn::visit::{self, Visit};

use crate::failed::{Failed, Of};

/// A function with a body, in bytes of its file.
#[derive(Clone, Debug)]
pub struct Function {
    pub name: String,
    /// From the opening brace to after the closing one.
    pub body: std::ops::Range<usize>,
    /// The word `const`, if it has it.
    pub constant: Option<std::ops::Range<usize>>,
    /// Whether it returns an `impl Trait`, so that two bodies would be of two types.
    pub opaque: bool,
}

/// Byte offsets of lines, to turn the compiler's positions into ours.
pub struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub fn of(text: &'a str) -> Self {
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            text,
            starts: std::iter::once(0).chain(ends).collect(),
        }
    }

    /// The byte at line `line` (from 1) and character `column` (from 0).
    pub fn byte(&self, line: usize, column: usize) -> usize {
        let start = self.starts.get(line - 1).copied().unwrap_or(self.text.len());
        let rest = self.text.get(start..).unwrap_or_default();
        let into = rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at);
        start + into
    }

    fn at(&self, position: LineColumn) -> usize {
        self.byte(position.line, position.column)
    }
}

/// All outermost functions of a file that have a body.
pub fn functions(file: &str, text: &str) -> Result<Vec<Function>, Failed> {
    let tree = syn::parse_file(text).of(file)?;
    let mut finder = Finder {
        lines: Lines::of(text),
        found: Vec::new(),
    };
    finder.visit_file(&tree);
    Ok(finder.found)
}

struct Finder<'a> {
    lines: Lines<'a>,
    found: Vec<Function>,
}

impl Finder<'_> {
    fn take(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let brace = block.brace_token.span;
        let body = self.lines.at(brace.open().start())..self.lines.at(brace.close().end());
        let constant = signature.constness.as_ref().map(|word| {
            let span = word.span;
            self.lines.at(span.start())..self.lines.at(span.end())
        });
        let mut opaque = Opaque(false);
        opaque.visit_return_type(&signature.output);
        self.found.push(Function {
            name: signature.ident.to_string(),
            body,
            constant,
            opaque: opaque.0,
        });
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.take(&function.sig, &function.block);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.take(&function.sig, &function.block);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(block) = &function.default {
            self.take(&function.sig, block);
        }
    }
}

struct Opaque(bool);

impl<'ast> Visit<'ast> for Opaque {
    fn visit_type_impl_trait(&mut self, found: &'ast syn::TypeImplTrait) {
        self.0 = true;
        visit::visit_type_impl_trait(self, found);
    }
}
