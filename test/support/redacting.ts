import {createRedaction} from '../../src/domain/text/redaction.ts';
import type {Secrets} from '../../src/engine/ports/secrets.ts';

const {redact, stream} = createRedaction();

/** Where there is no secret. */
export const noSecrets: Secrets = {registry: async () => undefined, redact, redactLog: stream};
