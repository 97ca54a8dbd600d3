/** The bare drive has no failure, what is behind the bridge has one in each sequence. */

import { testCampaign } from "./campaign-test.ts";

testCampaign({ seed: 1, stepCount: 2500, failure: "cartridge" }, [1]);
testCampaign({ seed: 3, stepCount: 2500, failure: "drive" }, [1, 3]);
testCampaign({ seed: 1, stepCount: 400, failure: "stuck" }, [1]);
testCampaign({ seed: 1, stepCount: 1000, failure: "second" }, [1]);
testCampaign({ seed: 1, stepCount: 400, failure: "hang" }, [1]);
