import {homedir} from 'node:os';
import path from 'node:path';
import * as v from 'valibot';
import type {Credentials} from '../../engine/ports/secrets.ts';

const config = v.object({
	auths: v.optional(v.record(v.string(), v.object({auth: v.optional(v.string())})), {}),
	credHelpers: v.optional(v.record(v.string(), v.string()), {}),
	credsStore: v.optional(v.string()),
});

export function dockerConfigFile(environment: Record<string, string | undefined>): string {
	return path.join(environment.DOCKER_CONFIG || path.join(environment.HOME ?? homedir(), '.docker'), 'config.json');
}

/** Undefined: it is not a configuration of Docker. */
export function parseDockerConfig(text: string): v.InferOutput<typeof config> | undefined {
	const parsed = v.safeParse(config, readJson(text));
	return parsed.success ? parsed.output : undefined;
}

export function splitAuth(auth: string): Credentials | undefined {
	const decoded = Buffer.from(auth, 'base64').toString('utf8');
	const colon = decoded.indexOf(':');
	return colon === -1 ? undefined : {username: decoded.slice(0, colon), password: decoded.slice(colon + 1)};
}

const entries = v.object({
	auths: v.record(
		v.string(),
		v.fallback(
			v.object({
				auth: v.optional(v.string()),
				password: v.optional(v.string()),
				identitytoken: v.optional(v.string()),
				registrytoken: v.optional(v.string()),
			}),
			{},
		),
	),
});

/** Every secret that stands in the file itself. @see docker/cli cli/config/types, AuthConfig */
export function secretsInDockerConfig(text: string): {username?: string; secret: string}[] {
	const parsed = v.safeParse(entries, readJson(text));
	return Object.values(parsed.success ? parsed.output.auths : {}).flatMap(
		({auth = '', password, identitytoken, registrytoken}) => {
			const login = splitAuth(auth);
			return [
				...(login ? [{username: login.username, secret: login.password}] : []),
				...[password, identitytoken, registrytoken].flatMap(secret => (secret === undefined ? [] : [{secret}])),
			];
		},
	);
}

function readJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
