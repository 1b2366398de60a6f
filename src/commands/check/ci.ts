import type {Ci} from '../../engine/ports/ci.ts';
import {openPorts} from '../../wiring/ports.ts';
import type {Setup} from '../../wiring/setup.ts';
import {attempt, type Line} from './line.ts';

/** The same questions that are asked before a build and before restarts, once for each repository. */
export async function ciLines(registry: string, host: string, setup: Setup): Promise<Line[]> {
	const {signal, configuration} = setup;
	const asked = new Set<string>();
	const lines: Line[] = [];
	const images = Object.entries(configuration.images).filter(([, {registry: where}]) => where === registry);
	for (const [image, {build: built, usedByPipelines}] of images) {
		const {repository: builds, branch} = built ?? {};
		const build = builds !== undefined && branch !== undefined ? {repository: builds, branch} : undefined;
		const {ports, close} = openPorts({host, repository: image, tag: 'latest'}, setup);
		const {ci} = ports;
		if (ci) {
			if (build && !asked.has(`${build.repository} ${build.branch}`)) {
				asked.add(`${build.repository} ${build.branch}`).add(build.repository);
				lines.push(await attempt(`CI for ${image}`, () => checkBuild(ci, build, signal)));
			}

			for (const repository of usedByPipelines.filter(each => !asked.has(each))) {
				asked.add(repository);
				lines.push(await attempt(`CI that runs in ${image}`, () => checkRestarts(ci, repository, signal)));
			}
		}

		await close();
	}

	return lines;
}

async function checkBuild(ci: Ci, build: {repository: string; branch: string}, signal: AbortSignal): Promise<string> {
	const {login, version, ranManually} = await ci.ready(build, {signal});
	const {repository, branch} = build;
	const manual = ranManually
		? 'a manual pipeline has run there'
		: 'no manual pipeline was found there: its `when` has to include `manual`';
	return `${ci.place} responds; ${login} may start pipelines of ${repository} on ${branch}, and ${manual} (version ${version})`;
}

async function checkRestarts(ci: Ci, repository: string, signal: AbortSignal): Promise<string> {
	const {login} = await ci.access(repository, {signal});
	return `${ci.place} responds; ${login} may restart pipelines of ${repository}`;
}
