import {openPorts} from '../composition/open-ports.ts';
import {surroundingsOf} from '../composition/surroundings.ts';
import {exitCodes, OperatorError} from '../domain/errors.ts';
import {redactDeep} from '../domain/redaction.ts';
import {formatReference, type ImageReference, parseReference} from '../domain/reference.ts';
import {type Depth, type ImageCheck, worstVerdict} from '../domain/verdict.ts';
import {visibleJson} from '../domain/visible.ts';
import {walkImage} from '../engine/walk/walk-image.ts';
import {sayCheck} from '../plain/say-check.ts';
import type {Invocation} from './invocation.ts';

export type VerifyOptions = {depth: Depth; platform?: string; plainHttp?: boolean};

const exits = {intact: exitCodes.done, broken: exitCodes.broken, unknown: exitCodes.indeterminate};

/**
 * `regmedic verify REF…`: walks every image, all of them also where one is broken or cannot be asked about. Then that
 * one is unknown; alone on the command line its error is the answer.
 */
export async function verify(references: string[], options: VerifyOptions, invocation: Invocation): Promise<number> {
	const parsed = references.map(parseReference);
	const surroundings = await surroundingsOf(invocation, options);
	const checks: ImageCheck[] = [];
	const shown: unknown[] = [];
	let requests = 0;
	let firstFailure: OperatorError | undefined;

	for (const reference of parsed) {
		const {ports, close} = openPorts(reference, surroundings);
		try {
			const {platform, depth} = options;
			const walking = walkImage(ports.registry, reference, {
				depth,
				signal: invocation.signal,
				...(platform === undefined ? {} : {platform}),
			});
			const check = await (parsed.length === 1
				? walking
				: walking.catch(error => {
						const failure = asOperatorError(error);
						firstFailure ??= failure;
						return unanswered(reference, failure);
					}));
			// Before it is wrapped into lines: a registry may repeat our own password in its answer.
			const redacted = redactDeep(check, ports.secrets.redact) as ImageCheck;
			checks.push(check);
			shown.push(redacted);
			requests += ports.registry.requests();
			if (!invocation.flags.json) {
				invocation.print(`${sayCheck({...redacted, verdict: check.verdict}).join('\n')}\n`);
			}
		} finally {
			await close();
		}
	}

	if (invocation.flags.json) {
		invocation.print(
			`${visibleJson({schema: 'regmedic.verify/1', depth: options.depth, requests, images: shown}, '  ')}\n`,
		);
	}

	const worst = worstVerdict(checks.map(({verdict}) => verdict));
	return worst === 'unknown' && firstFailure !== undefined ? exitCodes[firstFailure.exit] : exits[worst];
}

function asOperatorError(error: unknown): OperatorError {
	if (error instanceof OperatorError) {
		return error;
	}

	throw error;
}

/** Nobody can say anything of it, and why. */
function unanswered(reference: ImageReference, {code, message, hint}: OperatorError): ImageCheck {
	return {
		reference: formatReference(reference),
		verdict: 'unknown',
		checked: {manifests: 0, blobs: 0},
		faults: [],
		unchecked: [{via: [], code, message, hint}],
		children: [],
	};
}
