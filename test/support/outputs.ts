import type {Output, OutputValues} from '../../src/domain/incident/outputs.ts';
import {parseOutput} from '../../src/domain/incident/outputs.ts';

/** What a check leaves behind, as the journal keeps it. */
export function checkValues(
	verdict: 'intact' | 'broken' | 'unknown',
	more: Partial<OutputValues<'registry.verify'>> = {},
): OutputValues<'registry.verify'> {
	return {
		digest: null,
		reference: 'registry.example/infra-ci:latest',
		verdict,
		checked: {manifests: 1, blobs: 1},
		faults: [],
		unchecked: [],
		children: [],
		...more,
	};
}

/** What a scan leaves behind, as the journal keeps it. */
export function scanValues(more: Partial<OutputValues<'storage.scan'>> = {}): OutputValues<'storage.scan'> {
	return {
		findings: [],
		others: [],
		sibling: null,
		complete: true,
		gaps: [],
		counts: {repositories: 1, tags: 1, indexes: 1, links: 1, blobs: 1},
		...more,
	};
}

/** The same as the output of a visit. */
export function outputOf(action: 'registry.verify' | 'storage.scan', values: object): Output {
	const output = parseOutput(action, JSON.parse(JSON.stringify(values)));
	if (output.kind === 'unreadable') {
		throw new Error(`These are no values of ${action}.`);
	}

	return output;
}
