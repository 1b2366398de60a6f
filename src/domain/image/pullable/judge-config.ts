import type {Digest} from '../digest.ts';
import type {FaultKind} from '../fault.ts';
import {normalPlatform} from '../platform.ts';
import type {ConfigDocument, ParsedConfig} from './config-document.ts';
import type {Warning} from './warning.ts';

/** What is kept of a config: there are many, and few differ from what is expected. */
export type ConfigFact =
	| {state: 'read'; platform: string; layers: number; steps: number; odd?: string; diffIds?: string[]}
	| {state: 'unreadable'; reason: string}
	| {state: 'ambiguous'; reason: string};

/** containerd compares with its own sha256 of the unpacked layer. */
const diffId = /^sha256:[0-9a-f]{64}$/;

/** @param options `keepsDiffIds`: they are compared with the unpacked layers */
export function configFact(parsed: ParsedConfig, {keepsDiffIds = false} = {}): ConfigFact {
	if (!parsed.ok) {
		const {reason, ambiguous} = parsed;
		return ambiguous ? {state: 'ambiguous', reason} : {state: 'unreadable', reason};
	}

	const {platform, diffIds, steps}: ConfigDocument = parsed.config;
	const odd = diffIds.find(each => !diffId.test(each));
	return {
		state: 'read',
		platform,
		layers: diffIds.length,
		steps,
		...(odd !== undefined && {odd}),
		...(keepsDiffIds && {diffIds}),
	};
}

type Expected = {
	/** The layers of the manifest above it. */
	layers: number;
	/** What the index names; undefined: no index names it. */
	platform: string | undefined;
};

/** Whether an engine can make a container's file system of it. */
export function judgeConfig(
	digest: Digest,
	fact: Exclude<ConfigFact, {state: 'ambiguous'}>,
	{layers, platform}: Expected,
): {flaw?: {kind: FaultKind; detail: string}; warnings: Warning[]} {
	if (fact.state === 'unreadable') {
		return {flaw: {kind: 'config-unreadable', detail: fact.reason}, warnings: []};
	}

	if (fact.layers !== layers) {
		const detail = `it has diff_ids for ${fact.layers} layers, the manifest has ${layers}`;
		return {flaw: {kind: 'diffid-mismatch', detail}, warnings: []};
	}

	if (fact.odd !== undefined) {
		return {flaw: {kind: 'diffid-mismatch', detail: `its diff_id "${fact.odd}" is no sha256 digest`}, warnings: []};
	}

	const warnings: Warning[] = [];
	if (fact.steps > layers) {
		const detail = `its history has ${fact.steps} steps for ${layers} layers`;
		warnings.push({kind: 'history-long', digest, clients: ['docker history', 'skopeo', 'buildah'], detail});
	}

	if (platform !== undefined && fact.platform !== '' && !isSamePlatform(platform, fact.platform)) {
		const detail = `the index calls it ${platform}, its config says ${fact.platform}`;
		warnings.push({kind: 'platform-differs', digest, clients: ['all'], detail});
	}

	return {warnings};
}

/** A variant that one of them leaves out is no difference. */
function isSamePlatform(one: string, other: string): boolean {
	const [a, b] = [one, other].map(each => normalPlatform(each).split('/'));
	return a![0] === b![0] && a![1] === b![1] && (a![2] === undefined || b![2] === undefined || a![2] === b![2]);
}
