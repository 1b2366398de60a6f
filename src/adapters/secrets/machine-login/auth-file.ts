import * as v from 'valibot';
import type {RegistryLogin} from '../../../domain/registry-login.ts';
import type {LoginPlace} from './places.ts';

const text = v.fallback(v.optional(v.string()), undefined);
/** @see docker/cli cli/config/types, AuthConfig */
const entry = v.fallback(
	v.object({auth: text, username: text, password: text, identitytoken: text, registrytoken: text}),
	{},
);
const config = v.object({
	auths: v.optional(v.record(v.string(), entry), {}),
	credHelpers: v.optional(v.record(v.string(), v.string()), {}),
	credsStore: v.optional(v.string()),
});
const legacy = v.pipe(
	v.record(v.string(), entry),
	v.transform(auths => ({auths, credHelpers: {}, credsStore: undefined})),
);

export type AuthFile = v.InferOutput<typeof config>;
type Entry = v.InferOutput<typeof entry>;

/** Undefined: it is not a file of logins. An empty one, as /dev/null, holds none. */
export function parseAuthFile(content: string, form: LoginPlace['form']): AuthFile | undefined {
	const parsed = v.safeParse(form === 'auths' ? config : legacy, readJson(content.trim() === '' ? '{}' : content));
	return parsed.success ? parsed.output : undefined;
}

/**
 * What an entry logs in with, as docker ranks it. Undefined: it holds nothing that can be sent; a name with an empty password is
 * such, since it stands beside a token that a helper keeps.
 * @see moby registry/auth.go and distribution/registry.go: a registry token is passed on, an identity token goes before a password
 */
export function loginOf({auth, username, password, identitytoken, registrytoken}: Entry): RegistryLogin | undefined {
	if (registrytoken) {
		return {registryToken: registrytoken};
	}

	if (identitytoken) {
		return {identityToken: identitytoken};
	}

	const pair = splitAuth(auth ?? '') ?? {username: username ?? '', password: password ?? ''};
	return loginOfPair(pair.username, pair.password);
}

/** @see docker/docker-credential-helpers: the name `<token>` says that the secret is an identity token */
export function loginOfPair(username: string, password: string): RegistryLogin | undefined {
	if (password === '') {
		return undefined;
	}

	return username === '<token>' ? {identityToken: password} : {username, password};
}

/** Every secret that stands in the file itself. */
export function secretsInAuthFile(content: string, form: LoginPlace['form']): {username?: string; secret: string}[] {
	const {auths = {}} = parseAuthFile(content, form) ?? {};
	return Object.values(auths).flatMap(({auth = '', password, identitytoken, registrytoken}) => {
		const login = splitAuth(auth);
		return [
			...(login ? [{username: login.username, secret: login.password}] : []),
			...[password, identitytoken, registrytoken].flatMap(secret => (secret === undefined ? [] : [{secret}])),
		];
	});
}

/** docker once padded it with zeros. */
function splitAuth(auth: string): {username: string; password: string} | undefined {
	const decoded = Buffer.from(auth, 'base64').toString('utf8');
	const colon = decoded.indexOf(':');
	return colon === -1
		? undefined
		: {username: decoded.slice(0, colon), password: decoded.slice(colon + 1).replace(/^\0+|\0+$/g, '')};
}

export function readJson(content: string): unknown {
	try {
		return JSON.parse(content);
	} catch {
		return undefined;
	}
}
