import {type RegistryLogin, whoLogsIn} from '../../../domain/registry-login.ts';

/** Which way of logging in a request took, for messages: never a secret. */
export type LoginWay = {
	/** Undefined: anonymous. */
	login: RegistryLogin | undefined;
	/** What a token must allow: `repository:acme/app:pull` */
	scope: string;
	/** Where a token was requested: `https://auth.example` */
	realm?: string | undefined;
	/** A token was issued, and sent. */
	hasToken?: boolean;
	/** What was looked at for a login. */
	sought?: readonly string[];
};

/** Sentences for a hint: where the login comes from, where and for what a token was requested. */
export function sayWay({login, scope, realm, sought = []}: LoginWay): string {
	const origin = login
		? login.from && `The credentials come from ${login.from}.`
		: sought.length > 0 && `No login is in ${sought.join('; ')}.`;
	return [origin, realm && `A token for ${scope} was requested at ${realm}.`].filter(Boolean).join(' ');
}

/** `nora (the entry "registry.example" of FILE), with tokens of https://auth.example`, of a login that worked. */
export function sayLogin({login, realm}: LoginWay): string {
	const who = login ? `${whoLogsIn(login)}${login.from ? ` (${login.from})` : ''}` : 'nobody in particular';
	return `${who}${realm ? `, with tokens of ${realm}` : ''}`;
}
