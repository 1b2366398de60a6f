import {exitCodes, OperatorError} from '../../domain/errors.ts';
import {formatReference, type ImageReference, parseReference} from '../../domain/image/reference.ts';
import {type Depth, type ImageCheck, unanswered, worstVerdict} from '../../domain/image/verdict.ts';
import {redactDeep} from '../../domain/text/redaction.ts';
import {visibleJson} from '../../domain/text/visible.ts';
import {readableColumns} from '../../domain/text/wrap.ts';
import type {WalkProgress} from '../../engine/verify/progress.ts';
import type {Invocation} from '../../invocation.ts';
import {showStatusLine} from '../../plain/layout/status-line.ts';
import {sayCheck, sayChecks} from '../../plain/verify/say-check.ts';
import {sayWalk} from '../../plain/verify/say-walk.ts';
import {systemClock} from '../../wiring/clock.ts';
import {surroundingsOf} from '../../wiring/surroundings.ts';
import {openVerifiers, type Verifiers} from './verifiers.ts';

export type VerifyOptions = {depth: Depth; platform?: string; plainHttp?: boolean; hashOnHost?: number};

const exits = {intact: exitCodes.done, broken: exitCodes.broken, unknown: exitCodes.indeterminate};
/** Above 200 columns lines are hard to follow. */
const mostColumns = 200;

/**
 * `regmedic verify REF…`: walks every image, all of them also where one is broken or cannot be asked about. Then that
 * one is unknown; alone on the command line its error is the answer.
 */
export async function verify(references: string[], options: VerifyOptions, invocation: Invocation): Promise<number> {
	const {depth, hashOnHost} = options;
	const {flags, redaction, print, signal} = invocation;
	const parsed = references.map(parseReference);
	const verifiers = openVerifiers(await surroundingsOf(invocation, options), {depth, hashOnHost, signal});
	const checks: ImageCheck[] = [];
	let firstFailure: OperatorError | undefined;

	try {
		for (const [at, reference] of parsed.entries()) {
			const walking = walk(reference, verifiers, options, invocation);
			const check = await (parsed.length === 1
				? walking
				: walking.catch(error => {
						const failure = asOperatorError(error);
						firstFailure ??= failure;
						return unanswered(reference, failure);
					}));
			// Before it is wrapped into lines: a registry may repeat our own password in its answer.
			const redacted = redactDeep(check, redaction.redact) as ImageCheck;
			checks.push({...redacted, verdict: check.verdict});
			if (!flags.json) {
				print(`${at === 0 ? '' : '\n'}${sayCheck(checks.at(-1)!, styleOf(options, invocation)).join('\n')}\n`);
			}
		}
	} finally {
		await verifiers.close();
	}

	if (flags.json) {
		const report = {schema: 'regmedic.verify/1', depth, requests: verifiers.requests(), images: checks};
		print(`${visibleJson(report, '  ')}\n`);
	} else if (checks.length > 1) {
		print(`\n${sayChecks(checks)}\n`);
	}

	const worst = worstVerdict(checks.map(({verdict}) => verdict));
	return worst === 'unknown' && firstFailure !== undefined ? exitCodes[firstFailure.exit] : exits[worst];
}

/** Whoever waits at a terminal sees how far it is. */
async function walk(
	reference: ImageReference,
	verifiers: Verifiers,
	{platform}: VerifyOptions,
	{terminal, talk}: Invocation,
): Promise<ImageCheck> {
	const startedAt = systemClock.monotonic();
	let latest: WalkProgress | undefined;
	const line = showStatusLine(
		terminal.stderr,
		talk,
		() => `${formatReference(reference)}: ${sayWalk(latest, systemClock.monotonic() - startedAt)}`,
	);

	try {
		return await verifiers.walk(reference, {
			...(platform === undefined ? {} : {platform}),
			onProgress: progress => {
				latest = progress;
			},
		});
	} finally {
		line.clear();
	}
}

function styleOf({depth, plainHttp}: VerifyOptions, {terminal: {stdout, unicode}}: Invocation) {
	return {
		columns: Math.min(readableColumns(stdout.columns || undefined), mostColumns),
		unicode,
		depth,
		flags: plainHttp ? '--plain-http' : '',
	};
}

function asOperatorError(error: unknown): OperatorError {
	if (error instanceof OperatorError) {
		return error;
	}

	throw error;
}
