import * as v from 'valibot';
import {type RegistryResponse, readShort} from '../response.ts';

const longestMessage = 300;

/** What the body of an error response says. */
export type ErrorBody = {
	/** The start of it, as it came. */
	text: string;
	/** A web page: a proxy or another service responded. */
	isHtml: boolean;
	/** In the registry's words. Undefined: the body is not the specification's JSON, so it is not the registry that responded. */
	message: string | undefined;
	/** Of the specification: `MANIFEST_UNKNOWN` */
	codes: string[];
	/** The storage driver that failed the registry: `filesystem`, `s3aws`. Not where only this one entry of it is damaged. */
	driver: string | undefined;
};

const optionalText = v.fallback(v.optional(v.string()), undefined);
/**
 * distribution 2.8 writes `"detail":{"DriverName":"filesystem","Enclosed":{"Op":"open","Path":"/…","Err":24}}` for whatever
 * its storage does not let it do (too many open files, no permission, a disk that fails), and `"detail":{}` for data that it
 * cannot read. 3.0 calls it `driver`.
 */
const detail = v.fallback(
	v.optional(
		v.object({
			DriverName: optionalText,
			driver: optionalText,
			Enclosed: v.fallback(v.optional(v.object({Err: v.optional(v.number())})), undefined),
		}),
	),
	undefined,
);
/**
 * ENOTDIR and EISDIR of Linux: a file lies where a folder belongs, or a folder where a `link` belongs. The storage works, and
 * this one entry is damaged.
 */
const wrongKindOfEntry = [20, 21];
const entry = v.fallback(v.object({code: optionalText, message: optionalText, detail}), {});
/** `{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}` @see OCI distribution-spec, "Error Codes" */
const shape = v.pipe(v.string(), v.parseJson(), v.object({errors: v.array(entry)}));

/** Reads the start of an error response's body. */
export async function readErrorBody(response: RegistryResponse): Promise<ErrorBody> {
	const text = await readShort(response);
	const parsed = v.safeParse(shape, text);
	const errors = parsed.success ? parsed.output.errors : [];
	const messages = new Set(errors.map(messageOf).filter(message => message !== undefined));
	return {
		text,
		isHtml: /^\s*<(?:!doctype|html)/i.test(text),
		message: messages.size === 0 ? undefined : response.mask([...messages].join('; ')).slice(0, longestMessage),
		codes: errors.map(({code}) => code).filter(code => code !== undefined),
		driver: errors
			.filter(({detail}) => !wrongKindOfEntry.includes(detail?.Enclosed?.Err ?? 0))
			.flatMap(({detail}) => [detail?.DriverName, detail?.driver])
			.find(name => name !== undefined && /^[\w.-]{1,40}$/.test(name)),
	};
}

function messageOf({code, message}: v.InferOutput<typeof entry>): string | undefined {
	return message || code?.toLowerCase().replaceAll('_', ' ') || undefined;
}
