// SPDX-License-Identifier: MIT
pragma solidity 0.8.35;

/// @title What the registry asks an operator's pool; tests choose its answer to `isMetaPool`.
contract MockOperatorPool {
    enum Answer {
        Revert,
        False,
        True,
        Short, // fewer than 32 bytes
        Flood, // 100,000 bytes
        Burn // none, and all gas is gone
    }

    uint256 public unbondingTime;
    Answer public answer;

    error NoAnswer();

    constructor(uint256 unbondingTime_, Answer answer_) {
        unbondingTime = unbondingTime_;
        answer = answer_;
    }

    fallback(bytes calldata) external payable returns (bytes memory) {
        return _reply();
    }

    function _reply() private view returns (bytes memory) {
        while (answer == Answer.Burn) {}
        require(answer != Answer.Revert, NoAnswer());
        if (answer == Answer.Short) return hex"01";
        if (answer == Answer.Flood) return new bytes(100_000);
        return abi.encode(answer == Answer.True);
    }
}
