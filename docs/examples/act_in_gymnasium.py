#!/usr/bin/env python3
"""A policy of mast in an environment of Gymnasium, through a pipe.

    act_in_gymnasium.py RUN ENVIRONMENT [EPISODES [RETURN]]

RETURN is asked for of policies that read returns to go. Prints the return of each episode.
"""
import json
import subprocess
import sys


class Policy:
    """`mast act` as a function of observations."""

    def __init__(self, run, mast="mast"):
        self.process = subprocess.Popen([mast, "act", run], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, bufsize=1)
        self.first = {}

    def reset(self, rtg=None):
        """The next observation begins an episode."""
        self.first = {"reset": True} if rtg is None else {"reset": True, "rtg": rtg}

    def act(self, obs, reward=None, action_mask=None):
        """The action at an observation; reward is that of the action before, action_mask tells of each action whether
        it is valid."""
        line = {"obs": [float(x) for x in obs], **self.first}
        if reward is not None:
            line["reward"] = float(reward)
        if action_mask is not None:
            line["action_mask"] = [int(valid) for valid in action_mask]
        self.first = {}
        self.process.stdin.write(json.dumps(line) + "\n")
        answer = json.loads(self.process.stdout.readline() or '{"error": "mast act ended"}')
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["act"]

    def close(self):
        self.process.stdin.close()
        return self.process.wait()


def main(run, name, episodes=5, rtg=None):
    try:
        import gymnasium
    except ImportError:
        sys.exit("act_in_gymnasium.py: Gymnasium is not here, expected it (pip install gymnasium)")
    environment = gymnasium.make(name)
    policy = Policy(run)
    for episode in range(int(episodes)):
        obs, info = environment.reset(seed=episode)
        policy.reset(None if rtg is None else float(rtg))
        total, reward, ended = 0.0, None, False
        while not ended:
            action = policy.act(obs, reward, info.get("action_mask"))
            obs, reward, terminated, truncated, info = environment.step(action)
            total += reward
            ended = terminated or truncated
        print(f"episode {episode}: return {total:.1f}")
    policy.close()


if __name__ == "__main__":
    if not 3 <= len(sys.argv) <= 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])
