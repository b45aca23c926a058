//! The glue of everything but hooks: closures that call the author's functions with the state and bring what they return into
//! the shape of the descriptor. Each token stands where the author wrote what it may find wrong.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use super::model::{Capability, Command, Handler, Health, Model, Subscription, Task};
use crate::args::{Value, as_integer, as_text, location};
use crate::expand::{Crate, at};

pub(super) fn init(model: &Model, state: &Type, krate: &Crate) -> TokenStream {
    let private = &krate.private;
    if model.inits.is_empty() {
        let span = state.span();
        let there = krate.private_at(span);
        let init = quote_spanned!(span=> #there::init_default::<#state>());
        return quote!(|_| #init);
    }
    let glues = model.inits.iter().map(|init| {
        let (cfgs, function) = (&init.cfgs, &init.function);
        let values = function.params.iter().map(|ty| {
            let there = krate.private_at(ty.span());
            let context = krate.local("context", ty.span());
            quote_spanned!(ty.span()=> <#ty as #there::Inject>::inject(&#context)?)
        });
        let span = function.output_span();
        let (there, out) = (krate.private_at(span), out(init, &quote!(#(#values),*), krate));
        let var = krate.local("out", span);
        let made = match function.returned() {
            Some((_, true)) => quote_spanned!(span=> #there::InitReturn::<#state>::started(#var)),
            _ => quote_spanned!(span=> ::core::result::Result::Ok::<#state, #there::PluginError>(#var)),
        };
        let name_at = krate.private_at(function.ident.span());
        let future =
            quote_spanned!(function.ident.span()=> #name_at::init::<#state>(async move { #out #made }));
        let context = krate.local("context", Span::call_site());
        quote!(#(#cfgs)* { found = |#context| { let _ = &#context; #future }; })
    });
    quote!({ let mut found: #private::InitFn = |_| #private::init_missing(); #(#glues)* found })
}

pub(super) fn capability(one: &Capability, state: &Type, krate: &Crate) -> TokenStream {
    let Capability { cfgs, target, attributes } = one;
    let private = &krate.private;
    let place = location(private, target.span());
    let there = krate.private_at(target.span());
    let id = quote_spanned!(target.span()=> <dyn #target as #there::Capability>::ID);
    let attributes = attributes.iter().map(|arg| {
        let key = arg.key.to_string();
        let value = attribute_value(&arg.value, private);
        quote!(#private::Attribute { key: #key, value: #value })
    });
    let [own, shared] = ["state", "shared"].map(|name| krate.local(name, target.span()));
    let provide = quote_spanned!(target.span()=> let #shared: ::std::sync::Arc<dyn #target> = #own;);
    let made = quote_spanned!(target.span()=> #there::Target::new(#shared));
    quote! {
        #(#cfgs)*
        #private::CapabilityDescriptor {
            capability: #id,
            location: #place,
            attributes: &[#(#attributes),*],
            provide: |#own| {
                let #own = #private::state::<#state>(#own)?;
                #provide
                ::core::result::Result::Ok(#made)
            },
        },
    }
}

fn attribute_value(value: &Value, private: &TokenStream) -> TokenStream {
    let kind = quote!(#private::AttributeValue);
    match value {
        Value::Flag => quote!(#kind::Bool(true)),
        Value::List(list) => quote!(#kind::List(&[#list])),
        Value::Is(syn::Expr::Array(list)) => {
            let elements = &list.elems;
            quote!(#kind::List(&[#elements]))
        }
        Value::Is(expr) if let Some(text) = as_text(expr) => quote!(#kind::Text(#text)),
        Value::Is(expr) if let Some(number) = as_integer(expr) => quote!(#kind::Int(#number)),
        Value::Is(expr) => quote!(#kind::Bool(#expr)),
    }
}

/// `f(…)`.
pub(super) fn called(handler: &Handler, arguments: &TokenStream) -> TokenStream {
    let ident = &handler.function.ident;
    quote_spanned!(ident.span()=> #ident(#arguments))
}

/// `let out = f(…);`, awaited where `f` is async; `out` stands at the return type, so that rustc tells a wrong one there.
pub(super) fn out(handler: &Handler, arguments: &TokenStream, krate: &Crate) -> TokenStream {
    let function = &handler.function;
    let call = called(handler, arguments);
    let call = if function.is_async { quote_spanned!(function.ident.span()=> #call.await) } else { call };
    let out = krate.local("out", function.output_span());
    quote_spanned!(function.output_span()=> let #out = #call;)
}

/// The state as the function takes it, told at the parameter where it is another.
pub(super) fn own(handler: &Handler, state: &Type, krate: &Crate) -> TokenStream {
    let ty = handler.function.referent(0);
    let there = krate.private_at(ty.span());
    let own = krate.local("state", ty.span());
    quote_spanned!(ty.span()=> <#ty as #there::StateOf<#state>>::of(#own))
}

/// A `Step`: the function's value, made into what `convert` yields, now or later.
fn step(handler: &Handler, arguments: &TokenStream, convert: &TokenStream, krate: &Crate) -> TokenStream {
    let convert = at(handler.function.output_span(), convert.clone());
    step_by(handler, arguments, &convert, krate)
}

/// [`step`] by a function whose tokens stand where they should.
fn step_by(handler: &Handler, arguments: &TokenStream, convert: &TokenStream, krate: &Crate) -> TokenStream {
    let function = &handler.function;
    let span = function.output_span();
    let there = krate.private_at(span);
    let var = krate.local("out", span);
    let out = out(handler, arguments, krate);
    let converted = quote_spanned!(span=> #there::#convert(#var));
    if function.is_async {
        let name_at = krate.private_at(function.ident.span());
        quote_spanned!(function.ident.span()=> #name_at::soon(async move { #out #converted }))
    } else {
        let private = &krate.private;
        quote!({ #out #private::Step::Ready(#converted) })
    }
}

pub(super) fn subscription(one: &Subscription, state: &Type, krate: &Crate) -> TokenStream {
    let Subscription { handler, overflow, capacity } = one;
    let private = &krate.private;
    let (cfgs, ident, event) = (&handler.cfgs, &handler.function.ident, handler.function.referent(1));
    let name = syn::ext::IdentExt::unraw(ident).to_string();
    let text = quote!(#event).to_string().replace(' ', "");
    let place = location(private, ident.span());
    let own = own(handler, state, krate);
    let [own_var, event_var] = ["state", "event"].map(|name| krate.local(name, ident.span()));
    let there = krate.private_at(event.span());
    // Said in full: what the function returns must not decide what the event's answer is.
    let reply = quote_spanned!(event.span()=> <#event as #there::Event>::Reply);
    let answer = quote_spanned!(handler.function.output_span()=> SubscriberReturn::<#reply>::answer);
    let step = step_by(handler, &quote!(#own, #event_var), &answer, krate);
    let topic = quote_spanned!(event.span()=> <#event as #there::Event>::TOPIC.id());
    let listen = quote_spanned!(event.span()=> #there::listen::<#state, #event, _, _>);
    let overflow = overflow.map(|choice| {
        let variant = match choice {
            "block" => quote!(Block),
            "drop-newest" => quote!(DropNewest),
            _ => quote!(DropOldest),
        };
        quote!(overflow: #private::Overflow::#variant,)
    });
    let capacity = capacity.map(|capacity| {
        let capacity = proc_macro2::Literal::u32_unsuffixed(capacity);
        quote!(capacity: const { ::core::num::NonZeroUsize::new(#capacity).unwrap() },)
    });
    let buffer = match (&overflow, &capacity) {
        (None, None) => quote!(#private::Buffer::default()),
        _ => quote!(#private::Buffer { #overflow #capacity ..#private::Buffer::default() }),
    };
    quote! {
        #(#cfgs)*
        #private::SubscriptionDescriptor {
            event: #text,
            topic: #topic,
            name: #name,
            location: #place,
            attach: |state, context| #listen(state, context, #name, #buffer, |#own_var, #event_var| #step),
        },
    }
}

pub(super) fn task(one: &Task, state: &Type, krate: &Crate) -> TokenStream {
    let Task { handler, supervision } = one;
    let private = &krate.private;
    let (cfgs, function) = (&handler.cfgs, &handler.function);
    let name = syn::ext::IdentExt::unraw(&function.ident).to_string();
    let place = location(private, function.ident.span());
    let restart = Ident::new(supervision.restart, Span::call_site());
    let supervision = supervision.expand(private);
    let ty = function.shared(0);
    let there = krate.private_at(ty.span());
    let [own_var, stop_var] = ["state", "shutdown"].map(|name| krate.local(name, ty.span()));
    let own = quote_spanned!(ty.span()=> <#ty as #there::SharedStateOf<#state>>::shared(#own_var));
    let shutdown = function.params.get(1).map(|ty| {
        let stop = krate.local("shutdown", ty.span());
        quote_spanned!(ty.span()=> , #stop)
    });
    let step = step(handler, &quote!(#own #shutdown), &quote!(UnitOutcome::outcome), krate);
    quote! {
        #(#cfgs)*
        #private::TaskDescriptor {
            name: #name,
            location: #place,
            restart: #private::Restart::#restart,
            supervision: #supervision,
            run: |#own_var, #stop_var| #private::run_task::<#state, _>(#own_var, |#own_var| { let _ = &#stop_var; #step }),
        },
    }
}

pub(super) fn command(one: &Command, state: &Type, krate: &Crate) -> TokenStream {
    let Command { handler, name, description } = one;
    let private = &krate.private;
    let (cfgs, function) = (&handler.cfgs, &handler.function);
    let place = location(private, function.ident.span());
    let own = own(handler, state, krate);
    let arguments = krate.local("arguments", function.ident.span());
    let (schema, read, passed) = match function.params.get(1) {
        Some(ty) => {
            let there = krate.private_at(ty.span());
            (
                quote_spanned!(ty.span()=> ::core::option::Option::Some(<#ty as #there::CommandArguments>::schema)),
                quote_spanned!(ty.span()=> <#ty as #there::CommandArguments>::read(#arguments)),
                quote_spanned!(ty.span()=> , #arguments),
            )
        }
        None => (
            quote!(::core::option::Option::None),
            quote!(#private::no_arguments(&#arguments)),
            TokenStream::new(),
        ),
    };
    let step = step(handler, &quote!(#own #passed), &quote!(CommandReturn::output), krate);
    let run = with_read(&read, &arguments, &step, state, krate);
    quote! {
        #(#cfgs)*
        #private::CommandDescriptor {
            name: #name,
            description: #description,
            location: #place,
            arguments: #schema,
            run: #run,
        },
    }
}

/// `step` with the state, and under `name` what `read` yields.
fn with_read(
    read: &TokenStream,
    name: &Ident,
    step: &TokenStream,
    state: &Type,
    krate: &Crate,
) -> TokenStream {
    let private = &krate.private;
    let own = krate.local("state", Span::call_site());
    quote! {
        |#own, #name| match #read {
            ::core::result::Result::Ok(#name) => #private::with_state::<#state, _, _>(#own, move |#own| { let _ = &#name; #step }),
            ::core::result::Result::Err(error) => #private::refused(error),
        }
    }
}

pub(super) fn health(one: &Health, state: &Type, krate: &Crate) -> TokenStream {
    let private = &krate.private;
    let Health { handler, monitoring } = one;
    let monitoring = monitoring.expand(private);
    let step = step(handler, &own(handler, state, krate), &quote!(HealthReturn::health), krate);
    let own = krate.local("state", Span::call_site());
    quote! {
        #private::HealthDescriptor {
            monitoring: #monitoring,
            ask: |#own| #private::health::<#state, _>(#own, |#own| #step),
        }
    }
}

pub(super) fn shutdown(one: &Handler, state: &Type, krate: &Crate) -> TokenStream {
    let private = &krate.private;
    let step = step(one, &own(one, state, krate), &quote!(UnitOutcome::outcome), krate);
    let own = krate.local("state", Span::call_site());
    quote!(|#own| #private::with_state::<#state, _, _>(#own, |#own| #step))
}

pub(super) fn snapshot(one: &Handler, state: &Type, krate: &Crate) -> TokenStream {
    let private = &krate.private;
    let step = step(one, &own(one, state, krate), &quote!(CommandReturn::output), krate);
    let own = krate.local("state", Span::call_site());
    quote!(|#own| #private::with_state::<#state, _, _>(#own, |#own| #step))
}

pub(super) fn restore(one: &Handler, state: &Type, krate: &Crate) -> TokenStream {
    let ty = one.function.params.get(1);
    let there = krate.private_at(ty.span());
    let own = own(one, state, krate);
    let snapshot = krate.local("snapshot", ty.span());
    let read = quote_spanned!(ty.span()=> <#ty as #there::Snapshot>::read(#snapshot));
    let step = step(one, &quote!(#own, #snapshot), &quote!(UnitOutcome::outcome), krate);
    with_read(&read, &snapshot, &step, state, krate)
}
