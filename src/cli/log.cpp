// ostler log: everything a run did and saw, as it was told.
#include "context.hpp"
#include "evidence.hpp"

#include "ostler/base/text.hpp"
#include "ostler/view/run_lines.hpp"

namespace ostler {
namespace {

constexpr Milliseconds poll_interval{250};

// Turns events into lines as they come; what was shown once is not shown again.
class Teller {
 public:
  explicit Teller(std::string step) : step_(std::move(step)) {}
  std::string tell(const std::vector<Event>& events) {
    std::string text;
    for (; told_ < events.size(); ++told_) {
      const Event& event = events[told_];
      update(view_, event);
      if (!step_.empty() && text_at(event.data, "/step") != step_) continue;
      text += log_line(event, view_);
    }
    return text;
  }

 private:
  std::string step_;
  RunView view_;
  std::size_t told_ = 0;
};

}  // namespace

CommandEnd run_log(Context& context) {
  const Invocation& invocation = context.invocation;
  const Result<RunStore> store = RunStore::open(context.variables);
  if (!store) return failed(store.failure());
  Result<StoredRun> run = store->find(invocation.argument(0));
  if (!run) return failed(run.failure());
  Teller teller(invocation.step);
  std::vector<Event> events = read_events(run->folder);
  if (!invocation.follow) {
    context.console.page(teller.tell(events));
  } else {
    context.console.print(teller.tell(events));
    while (run->busy && !context.signals.stop().requested()) {
      context.clock.sleep_for(poll_interval, context.signals.stop());
      run = store->read(run->meta.run);
      if (!run) return failed(run.failure());
      events = read_events(run->folder);
      context.console.print(teller.tell(events));
    }
  }
  CommandEnd end;
  if (run->trouble)
    return failed({FailureKind::refused, run->trouble->message, run->trouble->hint, "invalid"});
  if (invocation.follow && run->busy) end.code = ExitCode::running;
  Json list = Json::array();
  for (const Event& event : events)
    if (invocation.step.empty() || text_at(event.data, "/step") == invocation.step)
      list.push_back(to_json(event));
  end.document = {{"run", run->meta.run}, {"events", list}};
  return end;
}

}  // namespace ostler
