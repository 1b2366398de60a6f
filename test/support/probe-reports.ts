import type {Fault} from '../../src/domain/image/fault.ts';
import type {ImageCheck} from '../../src/domain/image/verdict.ts';
import type {ProbeReport} from '../../src/domain/probe/probe.ts';

export const instance = 'registry.example:5050';

/** The report of a run over a healthy registry. @param more what is different */
export function reportWith(more: Partial<ProbeReport> = {}): ProbeReport {
	return {
		instance,
		depth: 'edge',
		role: 'authoritative',
		catalog: true,
		listed: 3,
		list: {ended: 'by-itself', pages: 1, omitted: []},
		repositories: 3,
		tags: 9,
		indexes: 8,
		sizeOnly: 0,
		failures: 0,
		unknown: 0,
		unfit: 0,
		faults: {},
		requests: 120,
		seconds: 1.5,
		finished: '2026-04-19T02:00:11.500Z',
		images: [],
		gaps: [],
		odd: {count: 0, examples: []},
		...more,
	};
}

export function brokenImage(name: string, ...faults: Fault[]): ImageCheck {
	return {
		reference: `${instance}/${name}`,
		verdict: 'broken',
		checked: {manifests: 1, blobs: 0},
		faults: faults.length > 0 ? faults : [{kind: 'child-missing', via: [], status: 404, detail: 'manifest unknown'}],
		unchecked: [],
		children: [],
	};
}

export function unknownImage(name: string, message = 'Nobody answers.'): ImageCheck {
	return {
		...brokenImage(name),
		verdict: 'unknown',
		faults: [],
		unchecked: [{via: [], code: 'registry.unreachable', message, hint: 'Look at the network.'}],
	};
}
