// What the simulated engine must not touch: the linker leads its calls for time, chance, files and
// sockets here, where they end the program while a seed runs.
#pragma once

namespace ostler::sim {

/// While one lives, every trap is armed.
class Sealed {
 public:
  Sealed();
  ~Sealed();
  Sealed(const Sealed&) = delete;
  Sealed& operator=(const Sealed&) = delete;
};

/// While one lives, no trap is armed: for what a process does before it meets the world.
class Unsealed {
 public:
  Unsealed();
  ~Unsealed();
  Unsealed(const Unsealed&) = delete;
  Unsealed& operator=(const Unsealed&) = delete;

 private:
  int before_;
};

}  // namespace ostler::sim
