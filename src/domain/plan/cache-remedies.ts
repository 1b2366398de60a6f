import type {Digest} from '../image/digest.ts';
import type {Finding} from '../storage/findings/finding.ts';
import {badIn} from './bad-data.ts';
import type {PlanImage} from './plan.ts';

/** What a pull-through cache has to fetch anew for an image: what it has is bad, and it fetches nothing that it believes to have. */
export function toRefetch(findings: readonly Finding[]): {digests: Digest[]; pulls: number} {
	const digests = [...new Set(findings.flatMap(badIn))].sort();
	const manifests = findings.filter(({kind}) => kind === 'manifest-unreadable').flatMap(badIn);
	return {digests, pulls: new Set(manifests).size};
}

/** The remedies of an image in a pull-through cache, which takes no push: the others are not offered. */
export function weighCached(
	findings: readonly Finding[],
	known: 'whole' | 'moving' | 'partly',
): Pick<PlanImage, 'recommended' | 'remedies'> {
	const {digests, pulls} = toRefetch(findings);
	const isPossible = digests.length > 0 && known === 'whole';
	const why =
		known !== 'whole'
			? 'Not everything could be read: what is bad on the disk is not known whole.'
			: digests.length === 0
				? 'Nothing of it is bad on the disk of the cache.'
				: `The bad data is moved aside, and the cache is made to fetch it again: ${digests.length} of its parts. ${sayPulls(pulls)}`;
	return {
		recommended: isPossible ? 'refetch' : 'leave',
		remedies: [
			{remedy: 'refetch', possible: isPossible, why},
			{
				remedy: 'bypass',
				possible: true,
				why: 'It shows the lines by which hosts pull from upstream without the cache; nothing is changed, and each such pull counts upstream.',
			},
			{remedy: 'leave', possible: true, why: 'It stays damaged; the plan names it.'},
		],
	};
}

/** @see docs.docker.com/docker-hub/usage/pulls: a pull is a GET of a manifest; layers do not count */
function sayPulls(pulls: number): string {
	return pulls === 0
		? 'It counts as no pull upstream: only layers or configs are fetched.'
		: `It counts as ${pulls} ${pulls === 1 ? 'pull' : 'pulls'} upstream.`;
}

/** What a person changes on the hosts that pull. @param cache `host[:port]` */
export function bypassLines(cache: string, url: string): string[] {
	return [
		`docker: take ${url} out of "registry-mirrors" in /etc/docker/daemon.json, then: systemctl reload docker`,
		`podman, buildah, CRI-O: take the [[registry.mirror]] with location = "${cache}" out of /etc/containers/registries.conf and registries.conf.d`,
		`containerd: take [host."${url}"] out of /etc/containerd/certs.d/*/hosts.toml; it is read at every pull`,
	];
}
