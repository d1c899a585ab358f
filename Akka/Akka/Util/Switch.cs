namespace Akka.Util;

/// <summary>An on/off switch whose changes run an action exactly once and go back when that action throws.</summary>
public class Switch
{
    private readonly AtomicBoolean _switch;
    private readonly object _gate = new();

    public Switch(bool startAsOn = false) => _switch = new AtomicBoolean(startAsOn);

    public bool IsOn => _switch.Value;

    public bool IsOff => !_switch.Value;

    protected bool TranscendFrom(bool from, Action action)
    {
        lock (_gate)
        {
            if (!_switch.CompareAndSet(from, !from)) return false;
            try
            {
                action();
            }
            catch
            {
                _switch.CompareAndSet(!from, from);
                throw;
            }

            return true;
        }
    }

    public bool SwitchOff(Action action) => TranscendFrom(true, action);

    public bool SwitchOn(Action action) => TranscendFrom(false, action);

    public bool SwitchOff() => SwitchOff(static () => { });

    public bool SwitchOn() => SwitchOn(static () => { });

    public bool IfOn(Action action) => RunWhen(true, action);

    public bool IfOff(Action action) => RunWhen(false, action);

    public bool WhileOn(Action action)
    {
        lock (_gate) return RunWhen(true, action);
    }

    public bool WhileOff(Action action)
    {
        lock (_gate) return RunWhen(false, action);
    }

    public void Locked(Action action)
    {
        lock (_gate) action();
    }

    private bool RunWhen(bool state, Action action)
    {
        if (_switch.Value != state) return false;
        action();
        return true;
    }
}
