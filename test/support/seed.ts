import fc from 'fast-check';

/** REGMEDIC_PROPERTY_SEED=N: every property is tried with the same values each time, so that CI fails only for what changed. */
fc.configureGlobal({seed: Number(process.env.REGMEDIC_PROPERTY_SEED)});
