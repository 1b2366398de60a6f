// Ink colours through chalk, and chalk reads the environment when it is first imported. Imported before Ink, this file makes
// colours depend on the options of the screen, not on the environment of the tests.
process.env.FORCE_COLOR = '1';
