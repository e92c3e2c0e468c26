"""`course_pkg.training.adapting.elastic`: equal to the reference, and it touches nothing."""

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from course_pkg.models.classifier import SequenceClassifier
from course_pkg.models.language_model import LanguageModel
from course_pkg.reference.losses import elastic_weights
from course_pkg.training.adapting.elastic import ElasticPenalty, fisher


def small(**options):
    torch.manual_seed(0)
    sizes = {"classes": 3, "tokens": 6, "embedding": 3, "hidden": 4, "cell": "gru"}
    return SequenceClassifier(**sizes, **options).double()


def batches(count=2, B=4):
    generator = torch.Generator().manual_seed(1)
    return [
        (
            torch.randint(6, (5, B), generator=generator),
            torch.randint(3, (B,), generator=generator),
            torch.randint(1, 6, (B,), generator=generator),
        )
        for _ in range(count)
    ]


def gradients(model, data, labels):
    """Return for each parameter one gradient of log p an example, (N, ...)."""
    found = []
    model.eval()
    for (x, _, lengths), own in zip(data, labels, strict=True):
        for b in range(x.shape[1]):
            model.zero_grad()
            n = int(lengths[b])  # by hand: without padding and without a batch
            (-cross_entropy(model(x[:n, b : b + 1]), own[b : b + 1])).backward()
            found.append({name: p.grad.numpy().copy() for name, p in model.named_parameters()})
    return {name: np.stack([each[name] for each in found]) for name in found[0]}


def test_the_given_labels_make_the_empirical_one_of_the_reference():
    model, data = small(), batches()
    grads = gradients(model, data, [labels for _, labels, _ in data])
    model.zero_grad(set_to_none=True)
    theirs = elastic_weights.fisher(grads)
    ours = fisher(model, data, labels="given")
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        assert abs(value.numpy() - theirs[name]).max() < 1e-12


def test_every_label_makes_the_fisher_information_and_drawn_ones_come_near_it():
    model, data = small(), batches(1)
    x, _, lengths = data[0]
    p = model.eval()(x, lengths).softmax(dim=1).detach().numpy()  # (B, C)
    each = [gradients(model, data, [torch.full((4,), k)]) for k in range(3)]
    grads = {name: np.concatenate([g[name] for g in each]) for name in each[0]}
    exact = elastic_weights.fisher(grads, weights=p.T.reshape(-1) / 4)
    every = fisher(model, data)  # the default for one target
    for name, value in every.items():
        assert abs(value.numpy() - exact[name]).max() < 1e-12
    drawn = fisher(model, data * 500, examples=2000, labels="drawn")
    given = fisher(model, data, labels="given")

    def distance(found):
        return max(abs(value.numpy() - exact[name]).max() for name, value in found.items())

    assert distance(drawn) < 0.1 * max(value.max() for value in exact.values())
    assert distance(drawn) < 0.5 * distance(given)


def test_of_a_sure_model_a_few_draws_say_less_than_every_label():
    model, data = small(), batches(4)
    with torch.no_grad():
        model.readout.bias += torch.tensor([7.0, 0, 0])
    many = fisher(model, batches(1) + data, examples=20)
    drawn = fisher(model, batches(1) + data, examples=20, labels="drawn", seed=1)
    bias = "readout.bias"
    assert drawn[bias].max() < 0.1 * many[bias].max()  # nothing but the usual label was drawn


def test_nothing_of_the_model_or_of_the_generator_is_touched():
    model = small(dropout=0.5).train()
    model.readout.weight.requires_grad_(False)
    model.readout.bias.grad = torch.ones(3, dtype=torch.float64)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    state = torch.get_rng_state()
    first = fisher(model, batches(), seed=5, labels="drawn")
    assert torch.equal(state, torch.get_rng_state())
    assert model.training
    assert "readout.weight" not in first
    assert model.readout.bias.grad.sum() == 3
    assert model.embedding.weight.grad is None
    assert all(torch.equal(before[name], p) for name, p in model.named_parameters())
    again = fisher(
        model, batches(), seed=5, labels="drawn"
    )  # dropout is off: nothing else is drawn
    assert all(torch.equal(first[name], again[name]) for name in first)


def test_only_the_first_examples_are_read():
    model, data = small(), batches(3)
    one = fisher(model, data, examples=5, labels="given")
    first = [data[0], tuple(t[..., :1] for t in data[1])]
    two = fisher(model, first, labels="given")
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_a_window_of_a_language_model_is_an_example_and_ignored_steps_do_not_count():
    torch.manual_seed(0)
    model = LanguageModel(tokens=6, embedding=4, hidden=4, tied=True).double()
    x = torch.randint(6, (5, 2))
    y = torch.randint(6, (5, 2))
    y[3:, 1] = -100
    assert torch.equal(
        fisher(model, [(x, y)])["readout.bias"],
        fisher(model, [(x, y)], labels="drawn")["readout.bias"],
    )
    for labels in ("given", "drawn"):
        found = fisher(model, [(x, y)], labels=labels)
        assert "readout.weight" not in found  # tied: it is the embedding's
        last = fisher(model, [(x[:3, 1:], y[:3, 1:])], labels=labels)
        if labels == "given":
            first = fisher(model, [(x[:, :1], y[:, :1])], labels=labels)
            for name, value in found.items():
                assert torch.allclose(value, (first[name] + last[name]) / 2, atol=1e-14)


def test_the_penalty_equals_the_reference_and_reads_the_weights_anew():
    model = small()
    information = fisher(model, batches(), labels="given")
    anchor = {name: p.detach() for name, p in model.named_parameters()}  # not even copied
    penalty = ElasticPenalty(model, anchor, information, 30.0)
    star = {name: p.numpy().copy() for name, p in anchor.items()}
    assert penalty().item() == 0
    with torch.no_grad():
        for p in model.parameters():
            p.add_(torch.randn_like(p))
    theta = {name: p.detach().numpy() for name, p in model.named_parameters()}
    F = {name: value.numpy() for name, value in information.items()}
    theirs, cache = elastic_weights.forward(theta, star, F, strength=30.0)
    loss = penalty()
    assert abs(loss.item() - theirs) < 1e-12 * max(1, theirs)
    loss.backward()
    grads = elastic_weights.backward(1.0, cache)
    for name, p in model.named_parameters():
        assert abs(p.grad.numpy() - grads[name]).max() < 1e-12


def test_parameters_without_an_anchor_move_freely():
    model = small()
    name = next(name for name, _ in model.named_parameters() if "hh" in name and "weight" in name)
    weight = dict(model.named_parameters())[name]
    anchor = {name: weight.detach().clone()}
    penalty = ElasticPenalty(model, anchor, {name: torch.ones_like(weight)}, 1.0)
    with torch.no_grad():
        model.readout.weight.add_(1)
    assert penalty().item() == 0
    with torch.no_grad():
        weight.add_(1)
    assert penalty().item() == pytest.approx(weight.numel() / 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"anchor": {}}, "anchor: expected names of parameters"),
        ({"anchor": {"other": torch.ones(3)}}, "anchor: expected names of parameters"),
        ({"information": {}}, "information: expected the names of anchor"),
        ({"anchor": {"readout.bias": torch.ones(4)}}, r"anchor\['readout.bias'\]: expected shape"),
        (
            {"information": {"readout.bias": torch.ones(4)}},
            r"information\['readout.bias'\]: expected shape",
        ),
        (
            {"information": {"readout.bias": -torch.ones(3)}},
            r"information\['readout.bias'\]: expected no negative",
        ),
        (
            {"anchor": {"readout.bias": torch.full((3,), torch.nan)}},
            r"anchor\['readout.bias'\]: expected finite",
        ),
        ({"strength": -1}, "strength: expected a number"),
    ],
)
def test_springs_that_do_not_fit_are_refused(change, message):
    ones = {"readout.bias": torch.ones(3)}
    given = {"anchor": ones, "information": ones, "strength": 1.0, **change}
    with pytest.raises(ValueError, match=message):
        ElasticPenalty(small(), **given)


def test_what_is_no_batch_is_refused():
    model = small()
    x, y, _ = batches(1)[0]
    for wrong in ([], [(x,)], [(x, y[:3])]):
        with pytest.raises(ValueError, match="batches: expected"):
            fisher(model, wrong)
    with pytest.raises(ValueError, match="labels: expected one of 'every', 'drawn', 'given'"):
        fisher(model, [(x, y)], labels="true")
    language = LanguageModel(tokens=6, hidden=4)
    with pytest.raises(ValueError, match="labels: expected 'drawn' or 'given'"):
        fisher(language, [(x, x)], labels="every")
    with pytest.raises(ValueError, match="examples: expected an integer of at least 1"):
        fisher(model, [(x, y)], examples=0)
    for p in model.parameters():
        p.requires_grad_(False)
    with pytest.raises(ValueError, match="model: expected a parameter that is trained"):
        fisher(model, [(x, y)])


def test_a_gpus_library_that_cannot_go_back_in_evaluation_is_not_asked():
    """cuDNN refuses the way back through a recurrent layer outside of training."""
    model, used = small(), []
    model.recurrent.register_forward_hook(lambda *_: used.append(torch.backends.cudnn.enabled))
    before = torch.backends.cudnn.enabled
    fisher(model, batches(1))
    assert used == [False] * 4
    assert torch.backends.cudnn.enabled == before


def test_each_part_keeps_its_mode():
    model = small(dropout=0.5).train()
    model.dropout.eval()
    fisher(model, batches(1))
    assert model.training
    assert not model.dropout.training


def test_what_is_no_model_and_no_tensor_is_named():
    with pytest.raises(TypeError, match="model: expected a Module, got str"):
        fisher("model", batches())
    with pytest.raises(TypeError, match=r"anchor\['readout\.bias'\]: expected a Tensor, got list"):
        ElasticPenalty(small(), {"readout.bias": [0.0] * 3}, {"readout.bias": torch.ones(3)}, 1.0)
