import {isOld} from './dialect.ts';
import {stepId} from './ids.ts';
import {permissionsJson, repositoryJson} from './json/account-json.ts';
import {logJson, pipelineJson} from './json/pipeline-json.ts';
import type {CiPlace, CiRepository, CiUser} from './place.ts';
import {progressOf} from './progress.ts';
import {approve, cancel, decline} from './requests/control.ts';
import {create} from './requests/create.ts';
import {list, onePage} from './requests/list.ts';
import {restart} from './requests/restart.ts';
import {type Call, respondWith, viewOf} from './requests/shared.ts';
import {type CiResponse, empty, json, text} from './response.ts';
import {linesOf} from './step-log.ts';

type Request = {url: URL; method: string; user: CiUser | undefined; body(): Promise<string>};

/** @returns undefined for a path that the web interface responds to */
export async function repositoryResponse(
	{url, method, user, body}: Request,
	place: CiPlace,
): Promise<CiResponse | undefined> {
	const unknown = empty(user ? 404 : 401);
	const name = method === 'GET' ? /^\/api\/repos\/lookup\/(.+)$/.exec(url.pathname)?.[1] : undefined;
	if (name !== undefined) {
		const wanted = decodeURIComponent(name).toLowerCase();
		const found = place.repositories.find(repository => `acme/${repository.name}`.toLowerCase() === wanted);
		return found && (user || !found.isPrivate) ? json(repositoryJson(found, place.dialect)) : unknown;
	}

	const [, id, rest = ''] = /^\/api\/repos\/([^/]+)(\/.*)?$/.exec(url.pathname) ?? [];
	const route = id === undefined ? undefined : routeOf(method, rest, body);
	if (id === undefined || route === undefined) {
		return undefined;
	}

	if (!/^-?\d+$/.test(id)) {
		return empty(400);
	}

	const repository = place.repositories.find(each => each.id === Number(id));
	if (repository === undefined || (repository.isPrivate && !user)) {
		return unknown;
	}

	// Whoever may not push is told that there is nothing.
	return method === 'GET' || mayPush(user, repository)
		? route({place, repository, query: url.searchParams, ...(user ? {user} : {})})
		: unknown;
}

function mayPush(user: CiUser | undefined, {pushers}: CiRepository): boolean {
	return user !== undefined && (user.admin === true || pushers.includes(user.login));
}

type Route = (call: Call) => CiResponse | Promise<CiResponse>;

function routeOf(method: string, rest: string, body: () => Promise<string>): Route | undefined {
	switch (`${method} ${rest}`) {
		case 'GET ':
			return ({place, repository}) => json(repositoryJson(repository, place.dialect));
		case 'GET /permissions':
			return ({user, repository}) => json(permissionsJson(user, repository));
		case 'GET /branches':
			return branches;
		case 'GET /pipelines':
			return list;
		case 'POST /pipelines':
			return async call => create(call, await body());
		case 'GET /pipelines/latest':
			return latest;
	}

	const [, number, verb = ''] = /^\/pipelines\/([^/]+)(\/cancel|\/approve|\/decline)?$/.exec(rest) ?? [];
	const action = number === undefined ? undefined : actions[`${method} ${verb}`];
	if (action !== undefined) {
		return call => (/^\d+$/.test(number!) ? action(call, Number(number)) : empty(400));
	}

	const [, pipeline, step] = (method === 'GET' && /^\/logs\/([^/]+)\/([^/]+)$/.exec(rest)) || [];
	return pipeline === undefined ? undefined : call => stepLog(call, pipeline, step!);
}

const actions: Record<string, (call: Call, number: number) => CiResponse | Promise<CiResponse>> = {
	'GET ': found(respondWith),
	'POST ': restart,
	'POST /cancel': found(cancel),
	'POST /approve': found(approve),
	'POST /decline': found(decline),
};

function found(action: typeof cancel | typeof respondWith) {
	return (call: Call, number: number) => {
		const pipeline = call.repository.store.find(number);
		return pipeline ? action(call, pipeline) : empty(404);
	};
}

function branches({place, repository, query}: Call): CiResponse {
	if (repository.forge === 'down') {
		return isOld(place.dialect) ? empty(500) : text(500, 'failed to load branches: the forge responds 500');
	}

	return json(onePage(repository.branches, query));
}

/** The server counts pushes only. */
function latest({place, repository}: Call): CiResponse {
	const pipeline = repository.store.pipelines().findLast(({event}) => event === 'push');
	const {version} = place;
	return pipeline
		? json(pipelineJson(pipeline, viewOf(place), {repository: `acme/${repository.name}`, version, withWorkflows: true}))
		: empty(404);
}

function stepLog({place, repository: {store}}: Call, number: string, id: string): CiResponse {
	if (!/^\d+$/.test(number) || !/^\d+$/.test(id)) {
		return empty(400);
	}

	const pipeline = store.find(Number(number));
	const index = pipeline?.steps.findIndex((_, n) => stepId(pipeline, n) === Number(id)) ?? -1;
	if (pipeline === undefined || index === -1) {
		const isOfAnother = store.pipelines().some(other => other.steps.some((_, n) => stepId(other, n) === Number(id)));
		return empty(pipeline && isOfAnother && isOld(place.dialect) ? 400 : 404);
	}

	const view = viewOf(place);
	const lines = linesOf(pipeline.steps[index]!, progressOf(pipeline, view).steps[index]!, view);
	return json(logJson(pipeline, index, lines));
}
