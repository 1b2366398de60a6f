import * as v from 'valibot';
import {type Digest, isDigest} from '../../../domain/image/digest.ts';
import {type RegistryResponse, readShort} from '../response.ts';
import {type FailureReason, failureReason} from './failure-reason.ts';

const longestMessage = 300;

/** What the body of an error response says. */
export type ErrorBody = {
	/** The start of it, as it came. */
	text: string;
	/** A web page: a proxy or another service responded. */
	isHtml: boolean;
	/** In the registry's words. Undefined: the body is not the specification's JSON, so it is not the registry that responded. */
	message: string | undefined;
	/** In the words of a token service, which has its own JSON. */
	ofTokenService: string | undefined;
	/** Of the specification: `MANIFEST_UNKNOWN` */
	codes: string[];
	/** The manifest that it looked for and does not have, also behind a tag. Undefined: it does not say. */
	revision: Digest | undefined;
	/** Why the registry failed, where it says so. */
	reason: FailureReason | undefined;
};

const optionalText = v.fallback(v.optional(v.string()), undefined);
const entry = v.fallback(v.object({code: optionalText, message: optionalText, detail: v.optional(v.unknown())}), {});
/** `{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}` @see OCI distribution-spec, "Error Codes" */
const shape = v.pipe(v.string(), v.parseJson(), v.object({errors: v.array(entry)}));

/** Docker's token service says `details`, one that speaks OAuth 2 `error`. @see RFC 6749, 5.2; distribution docs/spec/auth/token */
const tokenShape = v.pipe(
	v.string(),
	v.parseJson(),
	v.object({details: optionalText, error_description: optionalText, error: optionalText}),
	v.transform(({details, error_description, error}) => details ?? error_description ?? error),
);

/** Reads the start of an error response's body. */
export async function readErrorBody(response: RegistryResponse): Promise<ErrorBody> {
	const text = await readShort(response);
	const parsed = v.safeParse(shape, text);
	const tokenService = v.safeParse(tokenShape, text);
	const cut = (words: string | undefined) => words && response.mask(words).slice(0, longestMessage);
	const errors = parsed.success ? parsed.output.errors : [];
	const messages = new Set(errors.map(messageOf).filter(message => message !== undefined));
	const reason = errors.map(({detail}) => failureReason(detail)).find(found => found !== undefined);
	const revision = errors.map(({detail}) => revisionIn(detail)).find(found => found !== undefined);
	return {
		text,
		revision,
		isHtml: /^\s*<(?:!doctype|html)/i.test(text),
		message: cut(messages.size === 0 ? undefined : [...messages].join('; ')),
		ofTokenService: cut(tokenService.success ? tokenService.output : undefined),
		codes: errors.map(({code}) => code).filter(code => code !== undefined),
		reason: reason && {...reason, words: response.mask(reason.words).slice(0, longestMessage)},
	};
}

/**
 * 2.8.3 answers `{"Name":"app","Revision":"sha256:…"}`, 3.1.1 `unknown manifest name=app revision=sha256:…`; of a tag without a link
 * both name the tag.
 */
function revisionIn(detail: unknown): Digest | undefined {
	const named = v.is(v.object({Revision: v.string()}), detail)
		? detail.Revision
		: typeof detail === 'string'
			? / revision=(\S+)$/.exec(detail)?.[1]
			: undefined;
	return named !== undefined && isDigest(named) ? named : undefined;
}

function messageOf({code, message}: v.InferOutput<typeof entry>): string | undefined {
	return message || code?.toLowerCase().replaceAll('_', ' ') || undefined;
}
