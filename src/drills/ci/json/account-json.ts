import {defined} from '../../../domain/defined.ts';
import {type Dialect, isOld} from '../dialect.ts';
import type {CiRepository, CiUser} from '../place.ts';

export function userJson({id, login, admin}: CiUser, dialect: Dialect) {
	return {
		id,
		forge_id: 1,
		...(isOld(dialect) ? {} : {forge_remote_id: String(id)}),
		login,
		email: `${login}@acme.example`,
		avatar_url: `https://git.acme.example/avatars/${login}`,
		...defined({admin: admin || undefined}),
		org_id: id,
	};
}

/** @param user absent: a guest, who may read what is public */
export function permissionsJson(user: CiUser | undefined, {pushers}: CiRepository) {
	return {
		pull: true,
		push: user !== undefined && pushers.includes(user.login),
		admin: user?.admin ?? false,
		synced: 0,
		created: 0,
		updated: 0,
	};
}

export function repositoryJson(repository: CiRepository, dialect: Dialect) {
	const {
		id,
		name,
		isPrivate = false,
		active = true,
		allowDeploy = false,
		cancels = ['push', 'pull_request'],
	} = repository;
	const old = isOld(dialect);
	const common = {
		id,
		forge_id: 1,
		forge_remote_id: String(100 + id),
		org_id: 1,
		owner: 'acme',
		name,
		full_name: `acme/${name}`,
		avatar_url: 'https://git.acme.example/avatars/acme',
		forge_url: `https://git.acme.example/acme/${name}`,
		clone_url: `https://git.acme.example/acme/${name}.git`,
		clone_url_ssh: `git@git.acme.example:acme/${name}.git`,
		default_branch: 'main',
		pr_enabled: true,
		timeout: 60,
		visibility: isPrivate ? 'private' : 'public',
		private: isPrivate,
		active,
		allow_pr: true,
		allow_deploy: allowDeploy,
		config_file: '',
		cancel_previous_pipeline_events: cancels,
	};
	return old
		? {...common, scm: 'git', trusted: false, require_approval: 'pull_requests', netrc_only_trusted: true}
		: {
				...common,
				trusted: {network: false, volumes: false, security: false},
				require_approval: 'forks',
				approval_allowed_users: null,
				netrc_trusted: null,
				config_extension_endpoint: '',
				config_extension_exclusive: false,
				config_extension_netrc: false,
				registry_extension_endpoint: '',
				registry_extension_netrc: false,
				secret_extension_endpoint: '',
				secret_extension_netrc: false,
			};
}
