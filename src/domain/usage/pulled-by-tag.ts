import {count} from '../text/wording.ts';
import {joinPulled, type Pulled} from './pulled.ts';
import type {Usage} from './usage.ts';

/**
 * What a tag was pulled as, each digest with what runs it: `a pod of Deployment acme/web and of 2 other workloads`.
 * @param hosts every `host[:port]` by which pulls name the registry
 */
export function pulledByTag(
	{uses}: Pick<Usage, 'uses'>,
	{repository, tag}: {repository: string; tag: string},
	hosts: readonly string[],
): (Pulled & {by: string})[] {
	const all = uses.flatMap(({reference, kind, name, pulled = []}) => {
		const isOfTag = reference?.repository === repository && reference.tag === tag && hosts.includes(reference.host);
		const by = kind === 'Pod' ? `Pod ${name}` : `a pod of ${kind} ${name}`;
		return isOfTag ? pulled.map(each => ({...each, by, workload: `${kind} ${name}`})) : [];
	});
	return joinPulled(all).map(({workload: _, by, ...each}) => {
		const others = new Set(all.flatMap(({digest, workload}) => (digest === each.digest ? workload : []))).size - 1;
		return {...each, by: others === 0 ? by : `${by} and ${count(others, 'other workload')}`};
	});
}
