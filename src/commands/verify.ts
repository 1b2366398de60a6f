import {openPorts} from '../composition/open-ports.ts';
import {surroundingsOf} from '../composition/surroundings.ts';
import {exitCodes} from '../domain/errors.ts';
import {redactDeep} from '../domain/redaction.ts';
import {parseReference} from '../domain/reference.ts';
import {type Depth, type ImageCheck, worstVerdict} from '../domain/verdict.ts';
import {visibleJson} from '../domain/visible.ts';
import {walkImage} from '../engine/walk.ts';
import {sayCheck} from '../plain/say-check.ts';
import type {Invocation} from './invocation.ts';

export type VerifyOptions = {depth: Depth; platform?: string; plainHttp?: boolean};

const exits = {intact: exitCodes.done, broken: exitCodes.broken, unknown: exitCodes.indeterminate};

/** `regmedic verify REF…`: walks every image, all of them also where one is broken. */
export async function verify(references: string[], options: VerifyOptions, invocation: Invocation): Promise<number> {
	const parsed = references.map(parseReference);
	const surroundings = await surroundingsOf(invocation, options);
	const checks: ImageCheck[] = [];
	const shown: unknown[] = [];
	let requests = 0;

	for (const reference of parsed) {
		const {ports, close} = openPorts(reference, surroundings);
		try {
			const {platform, depth} = options;
			const check = await walkImage(ports.registry, reference, {
				depth,
				signal: invocation.signal,
				...(platform === undefined ? {} : {platform}),
			});
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

	return exits[worstVerdict(checks.map(({verdict}) => verdict))];
}
