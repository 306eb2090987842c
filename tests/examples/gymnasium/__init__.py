"""Stands in for Gymnasium where it is not installed: an environment that checks what it is given."""


class Environment:
    """Observations count episodes and steps; of the three actions one is not valid at each step."""

    def reset(self, seed):
        self.seed, self.steps = seed, 0
        return self.observation(), {"action_mask": self.mask()}

    def observation(self):
        return [float(self.seed), float(self.steps)]

    def mask(self):
        return [self.steps % 3 != 0, self.steps % 3 != 1, self.steps % 3 != 2]

    def step(self, action):
        assert isinstance(action, int) and self.mask()[action], (action, self.steps)
        self.steps += 1
        return self.observation(), 1.0, self.steps == 9 + self.seed, False, {"action_mask": self.mask()}


def make(name):
    assert name == "Line-v0"
    return Environment()
