import { testCampaign } from "./campaign-test.ts";

testCampaign({ seed: 2, stepCount: 50_000 }, [1, 2, 4, 5, 9]);
