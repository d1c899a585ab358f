using Akka.Actor;
using Akka.Actor.Internal;
using Akka.Configuration;

namespace Akka.Event;

/// <summary>The event bus of one actor system, with its loggers as subscribers of the levels that are on.</summary>
public class LoggingBus : ActorEventBus<object, Type>
{
    private static int _loggerId;

    private readonly List<IActorRef> _loggers = [];
    private readonly Lock _loggersGate = new();

    public LogLevel LogLevel { get; private set; }

    /// <summary>The clock for time stamps; the wall clock until the actor system has set its own.</summary>
    internal ITimeProvider? Clock { get; set; }

    public void StartStdoutLogger(Settings config)
    {
        SetUpStdoutLogger(config);
        Publish(new Debug(SimpleName(this), GetType(), "StandardOutLogger started"));
    }

    public void SetLogLevel(LogLevel logLevel)
    {
        lock (_loggersGate)
        {
            LogLevel = logLevel;
            foreach (var logger in _loggers) SubscribeToLevels(logger, logLevel);
        }
    }

    protected override bool IsSubClassification(Type parent, Type child) => parent.IsAssignableFrom(child);

    protected override void Publish(object @event, IActorRef subscriber) => subscriber.Tell(@event, ActorRefs.NoSender);

    protected override bool Classify(object @event, Type classifier) => classifier.IsInstanceOfType(@event);

    protected override Type GetClassifier(object @event) => @event.GetType();

    /// <summary>
    /// Replaces the logger for the time of the start by the configured ones. Waits for each of them unless
    /// <c>akka.logger-async-start</c> is on.
    /// </summary>
    internal void StartDefaultLoggers(ActorSystemImpl system)
    {
        var settings = system.Settings;
        var level = Logging.LogLevelFor(settings.LogLevel);
        var standardOut = false;
        foreach (var name in settings.Loggers)
        {
            var type = Type.GetType(name)
                ?? throw new ConfigurationException($"Logger specified in config cannot be found: \"{name}\"");
            if (type == typeof(StandardOutLogger))
            {
                standardOut = true;
                continue;
            }

            AddLogger(system, type, level);
        }

        LogLevel = level;
        if (standardOut) SubscribeToLevels(settings.StdoutLogger, level);
        else RemoveLogger(settings.StdoutLogger);
        Publish(new Debug(SimpleName(this), GetType(), "Default Loggers started"));
        if (system.Settings.LogConfigOnStart)
            Publish(new Info(SimpleName(this), GetType(), system.Settings.Config.ToStringWithFallbacks()));
    }

    /// <summary>Goes back to the logger that needs no actors, for what happens while these stop.</summary>
    internal void StopDefaultLoggers(ActorSystem system)
    {
        List<IActorRef> loggers;
        lock (_loggersGate) loggers = [.. _loggers];
        if (!loggers.Contains(system.Settings.StdoutLogger)) SetUpStdoutLogger(system.Settings);
        Publish(new Debug(SimpleName(this), GetType(), $"Shutting down: {nameof(StandardOutLogger)} started"));
        foreach (var logger in loggers)
        {
            if (logger is MinimalLogger) continue;
            RemoveLogger(logger);
            if (logger is IInternalActorRef internalRef) internalRef.Stop();
        }

        Publish(new Debug(SimpleName(this), GetType(), "All default loggers stopped"));
    }

    private void AddLogger(ActorSystemImpl system, Type type, LogLevel level)
    {
        var name = $"log{Interlocked.Increment(ref _loggerId)}-{SimpleName(type)}";
        var logger = system.SystemActorOf(Props.Create(type).WithDispatcher(system.Settings.LoggersDispatcher), name);
        var initialize = new InitializeLogger(this);
        if (system.Settings.LoggerAsyncStart)
        {
            // its mailbox keeps the order: this is the first message it gets
            logger.Tell(initialize, ActorRefs.NoSender);
        }
        else
        {
            try
            {
                var answer = logger.Ask(initialize, system.Settings.LoggerStartTimeout).GetAwaiter().GetResult();
                if (answer is not LoggerInitialized)
                    throw new ConfigurationException($"Logger {name} did not respond with LoggerInitialized, sent instead {answer}");
            }
            catch (Exception e) when (e is AskTimeoutException or TaskCanceledException)
            {
                Publish(new Warning(e, SimpleName(this), GetType(),
                    $"Logger {name} did not respond within {system.Settings.LoggerStartTimeout} to InitializeLogger(bus)"));
            }
        }

        lock (_loggersGate)
        {
            _loggers.Add(logger);
            SubscribeToLevels(logger, level);
        }

        Publish(new Debug(SimpleName(this), GetType(), $"Logger {name} [{SimpleName(type)}] started"));
    }

    private void SetUpStdoutLogger(Settings config)
    {
        lock (_loggersGate)
        {
            LogLevel = Logging.LogLevelFor(config.StdoutLogLevel);
            if (!_loggers.Contains(config.StdoutLogger)) _loggers.Add(config.StdoutLogger);
            SubscribeToLevels(config.StdoutLogger, LogLevel);
        }
    }

    private void RemoveLogger(IActorRef logger)
    {
        lock (_loggersGate) _loggers.Remove(logger);
        Unsubscribe(logger);
    }

    private void SubscribeToLevels(IActorRef logger, LogLevel level)
    {
        foreach (var each in Logging.AllLogLevels)
        {
            if (each >= level) Subscribe(logger, each.ClassFor());
            else Unsubscribe(logger, each.ClassFor());
        }
    }
}
